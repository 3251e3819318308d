import { wait } from './clamp.js'
import { isList } from './field.js'
import type { Refusal, Reply, ReplyWord } from './frame.js'
import { count, failure, fields, id, kind, object, payload, position, positive, ranged, text, word } from './kind.js'
import { type FrameTable, reader } from './read.js'

/** A session of a user. */
export const sender = /*#__PURE__*/ kind(
  'a user and a session',
  (value) => isList(value) && typeof value[0] === 'string' && typeof value[1] === 'string',
)

export const because = /*#__PURE__*/ object<Refusal>({
  code: text,
  message: text,
  kind: failure,
  'retryAfterMs?': /*#__PURE__*/ ranged(wait),
  'spreadMs?': /*#__PURE__*/ ranged(wait),
  'data?': fields,
})

/** The frames of calls that servers send, with the fields and types of docs/protocol.md. */
export const callTable = (): FrameTable<Reply> => ({
  objects: {
    reply: {
      ch: count,
      n: positive,
      is: word<ReplyWord>('end', 'value', 'last', 'error', 'gap', 'none'),
      'data?': payload,
      'error?': id,
      'at?': position,
      'from?': sender,
      'because?': because,
    },
  },
  lists: {},
})

/** Checks an envelope of a call. */
export const readReply = /*#__PURE__*/ reader<Reply>(callTable)
