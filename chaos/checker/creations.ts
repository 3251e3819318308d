import type { Broken, ClientRecord, Listed, Making, ServerRecord } from '../history/record.js'
import { exactMs } from './delays.js'
import type { Violations } from './violations.js'

/** The creations of rooms, and the directory of those that are visible. */
export interface Creations {
  readonly take: (life: string, record: ClientRecord) => void
  /** To be called after all lives. */
  readonly finish: (isOver: (life: string) => boolean) => void
  readonly counts: { creations: number; created: number; exists: number; closings: number; listed: number }
}

interface Creation {
  readonly life: string
  readonly make: Making
  /** The answer: empty, or the code of the error; `undefined` without one. */
  code: string | undefined
  answeredAt: number
}

interface Closing {
  readonly room: string
  readonly at: number
  isDone: boolean
}

/** The answers after which a room may be there, or not, and those of a server with too much to do. */
const unsure = /[/-](unavailable|unanswered|timeout|closed|aborted|rate)$/

export const creations = (
  server: Iterable<ServerRecord>,
  broken: readonly Broken[],
  { add }: Violations,
): Creations => {
  const counts = { creations: 0, created: 0, exists: 0, closings: 0, listed: 0 }
  const known = new Map<string, Creation>()
  const ends = new Map<string, Listed>()
  const closings = new Map<string, Closing>()
  const close = (record: ClientRecord | ServerRecord): void => {
    if (record[0] === 'close') closings.set(record[2], { room: record[3], at: record[1], isDone: false })
    else if (record[0] === 'closed-room') {
      const [, , id, code] = record
      const closing = closings.get(id)
      if (closing && code === '') closing.isDone = true
      else if (code === 'room/forbidden') closings.delete(id)
    }
  }
  for (const record of server) close(record)
  /** The engine has lost everything so often by then. */
  const lost = broken.filter(([, , , , , entails]) => entails.includes('epoch')).map(([, at]) => at)
  const eraOf = (at: number): number => lost.filter((each) => each <= at).length
  const isSure = ({ make, answeredAt }: Creation): boolean => !lost.some((at) => at >= make[1] && at <= answeredAt)
  /** True for what was ordered after the last loss. */
  const isLasting = (at: number): boolean => !lost.some((each) => each >= at)

  /** One id has created a room, and who is refused was late. */
  const judge = (room: string, all: readonly Creation[]): void => {
    const ids = new Map<number, string>()
    for (const each of all) {
      const { life, make, code, answeredAt } = each
      const [, , , , id] = make
      const where = `${life} created ${room} as ${id} at ${answeredAt}`
      if (code === '' && isSure(each)) {
        const before = ids.get(eraOf(answeredAt)) ?? id
        ids.set(eraOf(answeredAt), before)
        if (before !== id) add('create/twice', `${where}, and ${before} is another creation of it`)
      } else if (code === 'room/exists') {
        counts.exists++
        if (!all.some((other) => other.make[4] !== id && other.make[1] <= answeredAt && other.code !== 'room/exists'))
          add('create/unfounded', `${where}, and it was refused although nobody else had created it`)
      } else if (code === 'room/closed') {
        if (![...closings.values()].some((closing) => closing.room === room && closing.at <= answeredAt + exactMs))
          add('create/unfounded', `${where}, and it was refused although nobody had closed it`)
      } else if (code !== undefined && code !== '' && !unsure.test(code)) add('create/refused', `${where}: ${code}`)
    }
  }
  /** What the directory is to list at the end, and what it may list. */
  const listing = (rooms: ReadonlyMap<string, readonly Creation[]>): readonly [Set<string>, Set<string>] => {
    const [sure, possible] = [new Set<string>(), new Set<string>()]
    for (const [room, all] of rooms) {
      const ended = [...closings.values()].filter((closing) => closing.room === room)
      const mine = all.filter((each) => each.code === '' && isLasting(each.make[1]))
      const isHidden = mine.some(({ make }) => make[5] === 0)
      const isClosed = ended.some(({ at, isDone }) => isDone && isLasting(at))
      if (mine.length > 0 && !isHidden && ended.length === 0) sure.add(room)
      const mayBe = all.some(({ make, code = '' }) => make[5] === 1 && (code === '' || unsure.test(code)))
      if (mayBe && !isHidden && !isClosed) possible.add(room)
    }
    return [sure, possible]
  }
  return {
    counts,
    take: (life, record) => {
      close(record)
      if (record[0] === 'make') {
        counts.creations++
        known.set(`${life} ${record[2]}`, { life, make: record, code: undefined, answeredAt: Infinity })
      } else if (record[0] === 'made') {
        const each = known.get(`${life} ${record[2]}`)
        if (!each || each.code !== undefined)
          add('create/unasked', `${life} has an answer to its creation ${record[2]}`)
        else Object.assign(each, { code: record[3], answeredAt: record[1] })
        if (record[3] === '') counts.created++
      } else if (record[0] === 'listed') ends.set(life, record)
    },
    finish: (isOver) => {
      const rooms = new Map<string, Creation[]>()
      for (const each of known.values()) rooms.set(each.make[3], [...(rooms.get(each.make[3]) ?? []), each])
      for (const [room, all] of rooms) judge(room, all)
      const makers = new Set([...known.values()].map(({ life }) => life))
      for (const life of makers)
        if (isOver(life) && !ends.has(life)) add('directory/end', `${life} had no directory at the end`)
      for (const { isDone } of closings.values()) if (isDone) counts.closings++
      const [sure, possible] = listing(rooms)
      for (const [life, [, , isLive, listed]] of ends) {
        if (!isOver(life)) continue
        counts.listed += listed.length
        if (isLive === 0) add('directory/end', `${life} had no live directory at the end`)
        for (const room of sure)
          if (!listed.includes(room)) add('directory/missing', `${life} ended without ${room}, which is visible`)
        for (const room of listed)
          if (!possible.has(room))
            add('directory/extra', `${life} ended with ${room}, which is hidden, closed, or not there`)
      }
    },
  }
}
