import type { Broken, ClientRecord } from '../history/record.js'
import type { Life, Terms } from './evidence.js'
import { excuses } from './felt.js'
import type { Logs } from './logs.js'
import type { Violations } from './violations.js'

/** What became of a message, as its sender was told. */
export type Fate = 'open' | 'receipt' | 'no' | 'unknown'

/** A message that was given to the library. */
export interface Sent {
  readonly id: string
  readonly room: string
  /** Life and room: one lane has one order. */
  readonly lane: string
  readonly invokedAt: number
  /** When the link was begun that it was written on first: what the server knew may have been lost since then. */
  linkedAt: number
  /** How often it was given to a socket. */
  writes: number
  fate: Fate
  settledAt: number
}

/** Everything that was sent, and what became of it. */
export interface Sends {
  readonly take: (life: string, record: ClientRecord) => void
  readonly all: () => Iterable<Sent>
  readonly of: (id: string) => Sent | undefined
  /** To be called after all lives. `isOver` says whether a life ended in order. */
  readonly finish: (isOver: (life: Life['name']) => boolean) => void
}

/** The refusals of who may not publish at present. */
const rulings: ReadonlySet<string> = new Set(['room/banned', 'room/muted', 'room/term'])

export const sends = (
  logs: Logs,
  broken: readonly Broken[],
  { dedupeMs = Infinity }: Pick<Terms, 'dedupeMs'>,
  { add }: Violations,
): Sends => {
  const sent = new Map<string, Sent>()
  const stored = new Set<string>()
  const linked = new Map<string, number>()

  const settle = (id: string, at: number, fate: Fate): Sent | undefined => {
    const message = sent.get(id)
    if (!message) add('send/unasked', `${id} was settled and never sent`)
    else if (message.fate !== 'open') add('send/twice', `${id} was settled as ${message.fate} and then as ${fate}`)
    else {
      message.fate = fate
      message.settledAt = at
      stored.delete(id)
    }
    return message
  }
  const excused = (life: string, { linkedAt, settledAt }: Sent): boolean =>
    settledAt - linkedAt >= dedupeMs * 0.9 ||
    broken.some((fault) => excuses(fault, life, 'unknown') && fault[1] <= settledAt && fault[2] >= linkedAt)
  /** It was settled, its life was killed before that was in the store, and a later life cannot learn it: after a receipt because of a fault. */
  const isForgotten = (life: string, id: string, at: number): boolean => {
    const message = sent.get(id)
    return (
      message !== undefined &&
      message.fate !== 'open' &&
      !message.lane.startsWith(`${life} `) &&
      (message.fate !== 'receipt' || excused(life, { ...message, settledAt: at }))
    )
  }

  return {
    take: (life, record) => {
      switch (record[0]) {
        case 'invoked': {
          const [, at, id, room] = record
          if (sent.has(id)) add('send/reused', `${id} was given to two messages`)
          sent.set(id, {
            id,
            room,
            lane: `${life} ${room}`,
            invokedAt: at,
            linkedAt: at,
            writes: 0,
            fate: 'open',
            settledAt: Infinity,
          })
          break
        }
        case 'state':
          if (record[2] === 'Connecting') linked.set(life, record[1])
          break
        case 'written': {
          const message = sent.get(record[2])
          if (!message) break
          message.writes++
          message.linkedAt = Math.min(message.linkedAt, linked.get(life) ?? Infinity)
          break
        }
        case 'stored':
          stored.add(record[2])
          break
        case 'receipt': {
          const [, at, id, epoch, offset] = record
          const message = settle(id, at, 'receipt')
          if (!message) break
          const there = logs.at(message.room, epoch, offset)
          if (there !== id)
            add(
              'receipt/wrong',
              `${id} was told ${message.room} ${epoch} ${offset}, where there is ${there ?? 'nothing'}`,
            )
          break
        }
        case 'refused': {
          const [, at, id, executed, code] = record
          if (executed === 'unknown' && isForgotten(life, id, at)) break
          const message = settle(id, at, executed)
          if (!message) break
          if (executed === 'no' && logs.placeOf(id) !== undefined)
            add('refusal/logged', `${id} was told not to have been executed (${code}), and is in ${message.room}`)
          // The refusal of a repetition says nothing of what was written before.
          const isRepeated = rulings.has(code) && message.writes > 1
          if (executed === 'unknown' && !isRepeated && !excused(life, message))
            add('unknown/unexcused', `nobody knows of ${id} (${code}) although nothing had made it so`)
          break
        }
        default:
      }
    },
    all: () => sent.values(),
    of: (id) => sent.get(id),
    finish: (isOver) => {
      for (const id of logs.ids()) {
        const message = sent.get(id)
        if (!message) add('log/uninvoked', `${id} is in ${logs.roomOf(id) ?? 'a room'} and was never sent`)
        else if (message.room !== logs.roomOf(id))
          add('log/elsewhere', `${id} was sent to ${message.room} and is in ${logs.roomOf(id) ?? 'none'}`)
      }
      for (const { id, lane, fate } of sent.values()) {
        if (fate !== 'open') continue
        const [life = ''] = lane.split(' ')
        if (isOver(life)) add('send/open', `${id} of ${lane} was never settled`)
        else if (stored.has(id) && logs.placeOf(id) === undefined)
          add('send/forgotten', `${id} of ${lane} was stored, and is neither in the log nor told`)
      }
    },
  }
}
