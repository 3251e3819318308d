import { bounds } from './bounds.js'
import type { Auth, Claim, ClientFrame, Hello, History, Join, Joins, Leave, Ping, Pong, Pub, Seen } from './frame.js'
import { isCount, isList, isName } from './field.js'
import {
  count,
  event,
  flag,
  id,
  listOf,
  make,
  object,
  payload,
  position,
  positional,
  positive,
  room,
  type Row,
  secret,
  start,
  texts,
  wants,
} from './kind.js'
import { type FrameTable, reader } from './read.js'

const joinRow: Row<Join> = {
  ch: positive,
  room,
  want: wants,
  'from?': start,
  'mustExist?': flag,
  'password?': secret,
}
const names = /*#__PURE__*/ make({
  expected: `a list of 1 to ${bounds.joinsRooms} names`,
  is: (value) => isList(value) && value.length > 0 && value.length <= bounds.joinsRooms,
  each: room,
})
const isPlace = (value: unknown): boolean => isName(value, bounds.idBytes) || isCount(value)
const positions = /*#__PURE__*/ make({
  expected: 'an epoch and an offset for each room',
  is: (value) => isList(value) && value.every((each, at) => (typeof each === 'string') === (at % 2 === 0)),
  each: /*#__PURE__*/ make({ expected: 'an epoch or an offset', is: isPlace }),
})
const tag = /*#__PURE__*/ make({ expected: '"join"', is: (value) => value === 'join' })

const oneEnd = /*#__PURE__*/ make({ expected: 'after or before' })
const earlier = /*#__PURE__*/ make({ expected: 'less than seq' })

/** The frames that clients send: a row for each, with the fields and types of docs/protocol.md. */
export const clientTable = (): FrameTable<ClientFrame> => ({
  objects: {
    hello: object<Hello>(
      {
        can: texts,
        'token?': secret,
        session: object<Claim>({ instance: id, generation: count, 'resume?': secret }),
        'messageBytes?': count,
        rooms: listOf('a list of joins', object<Join>({ t: tag, ...joinRow } as Row<Join>)),
      },
      // A secret may stand in any wrong place.
      { isSecret: true },
    ),
    auth: object<Auth>({ ref: count, token: secret }),
    join: object<Join>(joinRow),
    joins: object<Joins>(
      { ch: positive, rooms: names, want: wants, 'from?': positions },
      {
        rule: (value) => {
          const { rooms, from } = value as Joins
          return !from || from.length === 2 * rooms.length ? undefined : { place: '.from', of: positions, value: from }
        },
      },
    ),
    leave: object<Leave>({ ch: count }),
    history: object<History>(
      { ch: positive, room, count: positive, 'after?': position, 'before?': position },
      {
        rule: (value) => {
          const { after, before } = value as History
          return after === undefined || before === undefined ? undefined : { place: '', of: oneEnd, value }
        },
      },
    ),
    ping: object<Ping>({ n: count }),
    pong: object<Pong>({ n: count, 'seen?': count }),
    seen: object<Seen>({ n: count }),
  },
  lists: {
    p: positional(
      { ref: count, room, producer: id, seq: positive, after: count, id, event, data: payload, flags: count },
      {
        rule: (value) => {
          const [, , , , seq, after] = value as Pub
          return after < seq ? undefined : { place: '.after', of: earlier, value: after }
        },
      },
    ),
    s: positional({ ch: count, event, data: payload }),
  },
})

/** Checks an envelope from a client: every field, and the unannounced bounds. */
export const readClient = /*#__PURE__*/ reader<ClientFrame>(clientTable)
