import type { SchedulerLike } from 'rxjs'
import type { NegotiatedLimits, Writer } from '../../lib/outbox/model.js'
import type { PubFields, PubLane } from '../../lib/protocol/codec.js'
import { type Ack, type Refused, RETRY, SAME } from '../../lib/protocol/frame.js'

/** One publish as it was written. */
export interface Written {
  readonly link: number
  readonly at: number
  readonly ref: number
  readonly room: string
  readonly seq: number
  readonly after: number
  readonly id: string
  readonly flags: number
  /** What the welcome of its link called the memory of lanes. */
  readonly told: string
  /** What the client heard of this writing: it was not taken for certain, or nobody knows, or that is settled. */
  fate: 'flying' | 'refused' | 'unsure' | 'settled'
}

/** What a message did on the server. */
export interface Executed {
  readonly room: string
  readonly id: string
  readonly seq: number
  readonly epoch: string
  readonly offset: number
}

type Answer = { readonly _tag: 'Ack'; readonly frame: Ack } | { readonly _tag: 'Refused'; readonly frame: Refused }

/** How bad a server and its network are: shares of 1. */
export interface Ills {
  /** Refused for now, with nothing done. */
  readonly rate: number
  /** Refused for now, and nobody knows. */
  readonly unavailable: number
  /** Refused for good. */
  readonly forbidden: number
  readonly latencyMs: number
}

export interface ModelServer {
  /** A new link; `heard` takes its answers until it is lost. */
  readonly link: (heard: (answer: Answer) => void) => {
    readonly writer: Writer
    readonly terms: NegotiatedLimits
    readonly lose: () => void
  }
  /** Forgets every log and lane. */
  readonly restart: () => void
  /** From now on nothing goes wrong. */
  readonly heal: () => void
  readonly written: readonly Written[]
  readonly executed: readonly Executed[]
  /** Publishes that are written and neither answered nor lost. */
  readonly flying: () => number
}

interface Lane {
  readonly last: number
  readonly usedAt: number
  readonly outcomes: Map<number, Answer>
}

export const limits: NegotiatedLimits['limits'] = {
  messageBytes: 100_000, rooms: 100, joinsPerFrame: 100, publishesPerSecond: 1_000, unseenBytes: 1_000_000, dedupeMs: 8_000,
} // prettier-ignore

const fateOf = ({ flags }: Written, answer: Answer): Written['fate'] => {
  if (answer._tag === 'Ack' || answer.frame.kind === 'unknown') return 'settled'
  const { kind, code } = answer.frame
  if (flags === 0 && code !== 'delivery/unavailable') return 'refused'
  return kind === 'retry' ? 'unsure' : 'settled'
}

/**
 * A server that obeys the lane rule of docs/protocol.md to the letter, and answers late and in any order. What is written
 * arrives in order, unless the link is lost before; so do answers, but for their order.
 */
export const modelServer = (scheduler: SchedulerLike, random: () => number, ills: Ills): ModelServer => {
  let healthy = false
  let incarnation = 1
  let links = 0
  let flying = 0
  let lanes = new Map<string, Lane>()
  let heads = new Map<string, number>()
  const written: Written[] = []
  const executed: Executed[] = []

  const happens = (share: number): boolean => !healthy && random() < share
  const travelMs = (): number => Math.floor(random() * ills.latencyMs)
  const refused = (ref: number, code: string, kind: Refused['kind'], more: Partial<Refused> = {}): Answer => ({
    _tag: 'Refused',
    frame: { t: 'refused', ref, code, kind, message: code, ...more },
  })
  const renumbered = (answer: Answer, ref: number): Answer =>
    answer._tag === 'Refused'
      ? { ...answer, frame: { ...answer.frame, ref } }
      : { _tag: 'Ack', frame: ['a', answer.frame[1], 1, ref, ...answer.frame.slice(4)] as unknown as Ack }

  const execute = ({ ref, room, id, seq }: Written): Answer => {
    const offset = (heads.get(room) ?? 0) + 1
    heads.set(room, offset)
    executed.push({ room, id, seq, epoch: `E${incarnation}`, offset })
    return { _tag: 'Ack', frame: ['a', `E${incarnation}`, 0, ref, offset, scheduler.now()] }
  }
  const judge = (publish: Written): Answer => {
    const { room, seq, after, flags, ref, told } = publish
    if (happens(ills.rate))
      return refused(ref, 'delivery/rate', 'retry', random() < 0.5 ? { retryAfterMs: 50, spreadMs: 50 } : {})
    const found = lanes.get(room)
    // A lane that was not used for so long may be forgotten, and here it is.
    const lane = found && scheduler.now() - found.usedAt <= limits.dedupeMs ? found : undefined
    const isRetry = (flags & RETRY) !== 0 && !((flags & SAME) !== 0 && told === `lanes ${incarnation}`)
    if (!lane && isRetry) return refused(ref, 'delivery/unknown', 'unknown')
    const { last, outcomes } = lane ?? { last: 0, outcomes: new Map<number, Answer>() }
    const known = outcomes.get(seq)
    if (seq <= last) return known ? renumbered(known, ref) : refused(ref, 'delivery/forgotten', 'unknown')
    if (last < after) return refused(ref, 'delivery/order', 'retry')
    const isLostInside = happens(ills.unavailable)
    if (isLostInside && random() < 0.5) return refused(ref, 'delivery/unavailable', 'retry')
    const outcome = happens(ills.forbidden) ? refused(ref, 'delivery/forbidden', 'terminal') : execute(publish)
    outcomes.set(seq, outcome)
    lanes.set(room, { last: seq, usedAt: scheduler.now(), outcomes })
    return isLostInside ? refused(ref, 'delivery/unavailable', 'retry') : outcome
  }

  return {
    written,
    executed,
    flying: () => flying,
    heal: () => {
      healthy = true
    },
    restart: () => {
      incarnation++
      lanes = new Map()
      heads = new Map()
    },
    link: (heard) => {
      const link = ++links
      const told = `lanes ${incarnation}`
      let lost = false
      let arrivedAt = 0
      let buffered = 0
      let mine = 0
      const later = (ms: number, then: () => void): void => {
        scheduler.schedule(() => {
          if (!lost) then()
        }, ms)
      }
      const publish = ({ room }: PubLane, [ref, seq, after, id, , flags]: PubFields, text: string): void => {
        const entry: Written = { link, at: scheduler.now(), ref, room, seq, after, id, flags, told, fate: 'flying' }
        written.push(entry)
        buffered += text.length
        flying++
        mine++
        arrivedAt = Math.max(arrivedAt, scheduler.now() + travelMs())
        later(arrivedAt - scheduler.now(), () => {
          buffered -= text.length
          const answer = judge(entry)
          later(travelMs(), () => {
            flying--
            mine--
            entry.fate = fateOf(entry, answer)
            heard(answer)
          })
        })
      }
      return {
        writer: { publish, buffered: () => buffered },
        terms: { limits, durability: 'memory', lanes: told },
        lose: () => {
          lost = true
          flying -= mine
        },
      }
    },
  }
}
