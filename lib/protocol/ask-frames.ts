import { sender } from './call-frames.js'
import type { AskKind, Cancel, Question } from './frame.js'
import { count, event, id, payload, positive, room, word } from './kind.js'
import { type FrameTable, reader } from './read.js'

/** The frames of calls to a client, with the fields and types of docs/protocol.md. */
export const askTable = (): FrameTable<Question | Cancel> => ({
  objects: {
    call: {
      ch: positive,
      id,
      name: event,
      kind: word<AskKind>('command', 'query'),
      room,
      'data?': payload,
      withinMs: count,
      'from?': sender,
    },
    cancel: { id },
  },
  lists: {},
})

/** Checks an envelope of a call to this client. */
export const readQuestion = /*#__PURE__*/ reader<Question | Cancel>(askTable)
