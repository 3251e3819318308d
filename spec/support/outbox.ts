import * as E from '#fp/Either'
import { defaultBackoff } from '../../lib/core/backoff.js'
import { deadlines } from '../../lib/core/deadlines.js'
import type { DeliveryError } from '../../lib/core/error.js'
import type { Result } from '../../lib/core/result.js'
import type { Message, OutgoingMessage, Receipt, Waiter } from '../../lib/outbox/message.js'
import type { Outbox, OutboxConfig, OutboxNeeds, NegotiatedLimits } from '../../lib/outbox/model.js'
import { aborted } from '../../lib/outbox/error.js'
import type { Journal, Posted } from '../../lib/outbox/journal.js'
import { outbox } from '../../lib/outbox/outbox.js'
import { adopting, tracking } from '../../lib/outbox/tracking.js'
import type { PubFields, PubLane } from '../../lib/protocol/codec.js'
import type { Refused } from '../../lib/protocol/frame.js'
import { type VirtualTime, virtualTime } from '../../lib/testing/virtual.js'
import { limits } from './lanes.js'

export const outboxConfig: OutboxConfig = {
  entries: 1_000, bytes: 1_000_000, ageMs: 300_000, inFlight: 256, inFlightBytes: 256 * 1024,
  highWaterBytes: 64 * 1024, ackMs: 10_000,
  overflow: 'reject',
} // prettier-ignore

/** A message as it is given, and what became of it. */
export interface Sent {
  readonly given: OutgoingMessage
  readonly waiter: Waiter
  readonly results: Result<Receipt>[]
  /** The outbox's record of it, once it was queued. */
  entry: Message | undefined
}

/** The message in the outbox; a spec that asks for one that is not there fails. */
export const heldOf = ({ entry }: Sent): Message => {
  if (!entry || entry.state._tag === 'Settled') throw new Error('not in the outbox')
  return entry
}

/** Its number on the link, 0 if it is not in flight. */
export const refOf = ({ entry }: Sent): number => (entry?.state._tag === 'InFlight' ? entry.state.ref : 0)

/** What became of a message, in words: `right` or its code and whether it was executed. */
export const fateOf = ({ results }: Sent): string | undefined => {
  const [result] = results
  if (!result) return undefined
  if (E.isRight(result)) return 'right'
  const { code, executed } = result.left as DeliveryError
  return `${code}, executed: ${executed}`
}

/** A message; `isNamed` sends the earlier one of the same id again, as a caller does who gives the id. */
export const message = (id: string, room = 'r', bytes = 100, more: Partial<OutgoingMessage> = {}): Sent => {
  const results: Result<Receipt>[] = []
  const given = { id, room, event: 'e', text: 'x'.repeat(bytes), bytes, isPosted: false, isNamed: false, ...more }
  return { given, waiter: { settled: (result) => results.push(result) }, results, entry: undefined }
}

/** Gives a message to an outbox. */
export const give = (box: Outbox, sent: Sent, withinMs?: number): void => {
  sent.entry = box.put(sent.given, sent.waiter, withinMs)
}

/** Withdraws a message, and forgets the result that it gets for that. Returns false if it is too late. */
export const takeBack = (box: Outbox, { entry, results }: Sent): boolean => {
  if (!entry || !box.withdraw(entry, aborted(entry, 'no'))) return false
  results.pop()
  return true
}

/** Ends the wait of the only caller. */
export const giveUp = (box: Outbox, { entry, waiter }: Sent): void => {
  if (entry) box.abandon(entry, waiter, (executed) => aborted(entry, executed))
}

/** An outbox in virtual time. */
export interface Rig {
  readonly time: VirtualTime
  readonly box: Outbox
  /** Takes over a message of an earlier run. */
  readonly adopt: (posted: Posted, waiter: Waiter) => Message
  /** Works in a turn, at whose end what may be written is written. */
  readonly turn: (task: () => void) => void
  readonly overdue: boolean[]
  readonly joining: Set<string>
  readonly needs: () => number
}

export const outboxRig = (
  config: Partial<OutboxConfig> = {},
  random: () => number = () => 0,
  more: Partial<OutboxNeeds> = {},
  posts?: Journal,
): Rig => {
  const time = virtualTime()
  const overdue: boolean[] = []
  const joining = new Set<string>()
  let needed = 0
  const turn = (task: () => void): void => {
    task()
    box.sender.flush()
  }
  const box = outbox({
    config: { ...outboxConfig, ...config },
    backoff: defaultBackoff,
    deadlines: deadlines(time, turn),
    wall: () => time.now(),
    random,
    producer: 'p',
    isJoining: (room) => joining.has(room),
    need: () => needed++,
    publish: (task) => {
      task()
    },
    overdue: (again) => overdue.push(again),
    journal: posts && tracking(posts, { now: () => time.now(), turn }),
    ...more,
  })
  const adopt = adopting({ now: () => time.now(), wall: () => time.now() })
  return {
    time,
    box,
    adopt: (posted, waiter) => adopt(box, posted, waiter),
    turn,
    overdue,
    joining,
    needs: () => needed,
  }
}

/** An outbox whose link is played by the spec. */
export const playedRig = (
  config: Partial<OutboxConfig> = {},
  random?: () => number,
  more: Partial<OutboxNeeds> = {},
  posts?: Journal,
) => {
  const rig = outboxRig(config, random, more, posts)
  const { box, turn } = rig
  let wire: (readonly [producer: string, ...PubFields])[] = []
  let buffered = 0
  const terms = (more: Partial<NegotiatedLimits> = {}): NegotiatedLimits => ({ limits, durability: 'disk', ...more })
  return {
    ...rig,
    terms,
    up: (more: Partial<NegotiatedLimits> = {}, user = 'ana') => {
      const writer = {
        publish: ({ producer }: PubLane, fields: PubFields) => wire.push([producer, ...fields]),
        buffered: () => buffered,
      }
      turn(() => box.sender.up(writer, terms(more), user))
    },
    down: () => turn(() => void box.sender.down()),
    /** The link is closed for what was written on it. */
    poisoned: (beyondBytes = 0) => turn(() => void box.sender.down(beyondBytes)),
    buffer: (bytes: number) => {
      buffered = bytes
    },
    /** Puts messages in one turn. */
    put: (...sent: readonly Sent[]) => {
      turn(() => {
        for (const each of sent) give(box, each)
      })
    },
    /** What was written since the last call: `id`, and what it waits for, `id after 3`; `*` with the retry flag, `=` with `same`. */
    wrote: () => {
      const fields = wire
      wire = []
      return fields.map(([, , , after, id, , flags]) => {
        const mark = flags === 0 ? '' : flags === 1 ? '*' : '='
        return `${id}${mark}${after === 0 ? '' : ` after ${after}`}`
      })
    },
    /** The same, as `producer seq id`. */
    published: () => {
      const fields = wire
      wire = []
      return fields.map(([producer, , seq, , id]) => `${producer} ${seq} ${id}`)
    },
    ack: (sent: Sent, offset = 1) => turn(() => box.sender.ack(['a', 'E', 0, refOf(sent), offset, 1_000])),
    refuse: (sent: Sent, code: string, kind: Refused['kind'], more: Partial<Refused> = {}) =>
      turn(() => box.sender.refuse({ t: 'refused', ref: refOf(sent), code, message: code, kind, ...more })),
  }
}
