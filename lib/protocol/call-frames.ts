import type { Reply, ReplyWord } from './frame.js'
import { count, id, payload, position, positive, word } from './kind.js'
import { type FrameTable, reader } from './read.js'

/** The frames of calls that servers send, with the fields and types of docs/protocol.md. */
export const callTable = (): FrameTable<Reply> => ({
  objects: {
    reply: {
      ch: count,
      n: positive,
      is: word<ReplyWord>('end', 'value', 'last', 'error', 'gap'),
      'data?': payload,
      'error?': id,
      'at?': position,
    },
  },
  lists: {},
})

/** Checks an envelope of a call. */
export const readReply = /*#__PURE__*/ reader<Reply>(callTable)
