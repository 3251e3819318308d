import type { Broken, ClientRecord, Closed, Consuming, Offered, Passed } from '../history/record.js'
import { type Copies, copies as copiesOf } from './copies.js'
import { excuses } from './felt.js'
import { type Logs, type Place, shown } from './logs.js'
import type { Violations } from './violations.js'

/** How far a consumer has come in one room, over all its lives. */
interface Progress {
  /** Before the first message that it was ever offered. */
  start: Place | undefined
  /** The newest message offered in any life, and in any life before the present one. */
  offered: Place
  offeredBefore: Place
  /** The life that was offered it was closed with everything committed, and none was killed since. */
  isStored: boolean
  /** The newest message that earlier lives may have been offered, as far as anybody knows; Infinity after a life that was killed. */
  doubted: Place
  /** The newest commit that was called, and the newest that was answered with `Right`. */
  asked: Place
  committed: Place
  /** Where the present life is; `undefined` before it was offered anything. */
  at: Place | undefined
}

interface Consumer {
  readonly name: string
  readonly kind: Consuming[2]
  readonly rooms: Map<string, Progress>
  readonly copies: Copies
  /** How the life before the present one ended: closed with everything committed, or in any other way. */
  before: 'first' | 'clean' | 'other'
  closed: Closed | undefined
}

/** What the consumers of a run have done. */
export interface Consumptions {
  readonly offered: number
  readonly redelivered: number
  readonly committed: number
  readonly copies: number
  readonly hosts: number
}

/** Judges consumers: what they were offered, committed and copied, over all their lives. */
export interface Consumers {
  readonly take: (life: string, record: ClientRecord) => void
  /** To be called after all lives. `isOver` says whether a life ended in order. */
  readonly finish: (isOver: (life: string) => boolean) => Consumptions
}

export const consumers = (logs: Logs, broken: readonly Broken[], { add, ...rest }: Violations): Consumers => {
  const all = new Map<string, Consumer>()
  const lastLives = new Map<string, string>()
  const hosts = new Set<string>()
  const counts = { offered: 0, redelivered: 0, committed: 0 }

  const begin = (life: string, [, , kind, host]: Consuming): void => {
    const name = life.split('.')[0] ?? life
    const known = all.get(name)
    hosts.add(host)
    lastLives.set(name, life)
    if (!known) {
      const copies = copiesOf(name, logs, { add, ...rest })
      all.set(name, { name, kind, rooms: new Map(), copies, before: 'first', closed: undefined })
      return
    }
    known.before = known.closed?.[4] === 0 ? 'clean' : 'other'
    known.closed = undefined
    for (const progress of known.rooms.values()) {
      progress.offeredBefore = progress.offered
      if (known.before === 'other') progress.doubted = Infinity
      // A life that was offered nothing says nothing of what earlier ones were offered.
      progress.isStored = known.before === 'clean' && (progress.isStored || progress.at !== undefined)
      progress.at = undefined
    }
  }
  const progressOf = ({ rooms, before }: Consumer, room: string): Progress => {
    const known = rooms.get(room)
    if (known) return known
    const fresh: Progress = {
      start: undefined,
      offered: -1,
      offeredBefore: -1,
      isStored: false,
      doubted: before === 'first' ? -1 : Infinity,
      asked: -1,
      committed: -1,
      at: undefined,
    }
    rooms.set(room, fresh)
    return fresh
  }
  /** The first message of a life follows what the store may say was consumed. */
  const resumed = ({ kind }: Consumer, progress: Progress, place: Place, where: string): void => {
    progress.start ??= place - 1
    const consumed = Math.max(progress.start, kind === 'auto' ? progress.offered : progress.asked)
    if (place > consumed + 1)
      add('consumer/lost', `${where} is the first of its life, and only what is up to ${shown(consumed)} was consumed`)
    const done = kind === 'auto' ? (progress.isStored ? progress.offered : -1) : progress.committed
    if (place <= done) add('consumer/again', `${where} was offered, and was consumed up to ${shown(done)}`)
  }
  const offered = (consumer: Consumer, life: string, record: Offered): void => {
    const [, at, room, epoch, offset, id, data, redelivered] = record
    const progress = progressOf(consumer, room)
    const place = logs.place(room, epoch, offset)
    const there = logs.at(room, epoch, offset)
    const where = `${life}: ${id} at ${room} ${epoch} ${offset}`
    counts.offered++
    counts.redelivered += redelivered
    if (place === undefined || there !== id) {
      add('consumer/wrong', `${where}, where there is ${there ?? 'nothing'}`)
      return
    }
    if (data !== id) add('consumer/payload', `${where} has the payload of ${data}`)
    if (progress.at === undefined) resumed(consumer, progress, place, where)
    else if (place <= progress.at) add('consumer/repeated', `${where} was offered after ${shown(progress.at)}`)
    else if (place > progress.at + 1) add('consumer/hole', `${where} was offered after ${shown(progress.at)}`)
    if (place <= progress.offeredBefore && redelivered === 0)
      add('consumer/unmarked', `${where} was offered in an earlier life, and is not marked as redelivered`)
    // Whoever was killed can have been offered nothing that came after the next life had joined.
    if (progress.doubted === Infinity) progress.doubted = logs.headAt(room, at)
    if (redelivered === 1 && place > Math.max(progress.offeredBefore, progress.doubted))
      add('consumer/marked', `${where} is marked as redelivered, and cannot have been offered before`)
    progress.at = place
    progress.offered = Math.max(progress.offered, place)
  }
  const passed = (consumer: Consumer, life: string, [, at, room, from, to, because]: Passed): void => {
    const progress = progressOf(consumer, room)
    progress.at = logs.place(room, ...to) ?? progress.at
    if (!broken.some((fault) => excuses(fault, life, from[0] === to[0] ? 'cut' : 'epoch') && fault[1] <= at))
      add('consumer/gap', `${life}: a gap in ${room} from ${from.join(' ')} to ${to.join(' ')} (${because})`)
  }

  return {
    take: (life, record) => {
      if (record[0] === 'consuming') begin(life, record)
      const consumer = all.get(life.split('.')[0] ?? life)
      if (!consumer) return
      switch (record[0]) {
        case 'offered':
          offered(consumer, life, record)
          break
        case 'passed':
          passed(consumer, life, record)
          break
        case 'committing': {
          const [, , room, epoch, offset] = record
          const progress = progressOf(consumer, room)
          const place = logs.place(room, epoch, offset) ?? Infinity
          if (progress.at === undefined || place > progress.at)
            add('consumer/unoffered', `${life} commits ${room} ${epoch} ${offset}, which it was not offered`)
          else progress.asked = Math.max(progress.asked, place)
          break
        }
        case 'committed': {
          const [, , room, epoch, offset] = record
          const progress = progressOf(consumer, room)
          counts.committed++
          progress.committed = Math.max(progress.committed, logs.place(room, epoch, offset) ?? -1)
          break
        }
        case 'uncommitted':
          add('consumer/refused', `${life}: the commit of ${record.slice(2, 5).join(' ')} was refused: ${record[5]}`)
          break
        case 'derived':
          consumer.copies.derived(record)
          break
        case 'closed':
          consumer.closed = record
          break
        default:
      }
    },
    finish: (isOver) => {
      for (const [name, { kind, rooms, copies, closed }] of all) {
        if (!isOver(lastLives.get(name) ?? '')) add('consumer/open', `${name} did not end in order`)
        if (closed && closed[2] + closed[3] + closed[4] > 0)
          add(
            'consumer/left',
            `${name} has left ${closed[2]} undelivered, ${closed[3]} stored, ${closed[4]} uncommitted`,
          )
        for (const [room, { start, offered, committed }] of rooms) {
          const head = logs.headAt(room, Infinity)
          const consumed = kind === 'auto' ? offered : committed
          if (consumed !== head)
            add(
              'consumer/behind',
              `${name} has consumed ${room} up to ${shown(consumed)}, and it ends at ${shown(head)}`,
            )
          if (kind === 'copy' && start !== undefined) copies.finish(room, start, head)
        }
      }
      return {
        ...counts,
        copies: [...all.values()].reduce((sum, { copies }) => sum + copies.count(), 0),
        hosts: hosts.size,
      }
    },
  }
}
