import type { Broken, Head, Logged, ServerRecord } from '../history/record.js'
import type { FinalLog } from './evidence.js'
import type { Violations } from './violations.js'

/** Where a message is in all of a room's logs, as one number that grows with the room: epochs in the order of their birth. */
export type Place = number

/** Offsets within an epoch; epochs of a room stay far below 2^13. */
const span = 2 ** 40

/** One incarnation of a room's log. */
interface Incarnation {
  readonly epoch: string
  readonly ordinal: number
  /** Ids by offset − 1. What a server wrote to its disk and was killed before it wrote it down is filled in at the end. */
  readonly ids: (string | undefined)[]
  /** When each was there for certain; `Infinity`: at the end. */
  readonly times: number[]
  /** When it was first heard of. */
  readonly born: number
  /** The first offset that was still held, by time. */
  readonly firsts: [at: number, first: number][]
}

/** The logs of all rooms, as the servers wrote them down and as the engine held them at the end. */
export interface Logs {
  /** The id at a place; `undefined` if nothing is known to be there. */
  readonly at: (room: string, epoch: string, offset: number) => string | undefined
  readonly placeOf: (id: string) => Place | undefined
  readonly roomOf: (id: string) => string | undefined
  /** When an id was there for certain; `Infinity`: at the end, or never. */
  readonly timeOf: (id: string) => number
  readonly place: (room: string, epoch: string, offset: number) => Place | undefined
  /** The newest place that was there for certain at a time. */
  readonly headAt: (room: string, at: number) => Place
  /** All places of a room after `from` up to `to`, in order. */
  readonly placesIn: (room: string, from: Place, to: Place) => Iterable<Place>
  /** Whether an incarnation had begun by then. */
  readonly isBorn: (room: string, epoch: string, at: number) => boolean
  /** Whether the messages of an incarnation up to an offset were gone by then. */
  readonly isGone: (room: string, epoch: string, offset: number, at: number) => boolean
  readonly ids: () => Iterable<string>
  readonly size: () => number
}

/** Reads what the servers wrote down; what contradicts itself is a violation. */
export const readLogs = (
  server: Iterable<ServerRecord>,
  finals: readonly FinalLog[],
  broken: readonly Broken[],
  retained: number,
  { add }: Violations,
): Logs => {
  const rooms = new Map<string, Map<string, Incarnation>>()
  const places = new Map<string, { readonly room: string; readonly place: Place; readonly log: Incarnation }>()
  const latest = new Map<string, Incarnation>()

  const entailed = (what: 'epoch' | 'cut', since: number, at: number): boolean =>
    broken.some(([, from, until, , , entails]) => entails.includes(what) && from <= at && until >= since)

  const incarnation = (room: string, epoch: string, at: number): Incarnation => {
    let ofRoom = rooms.get(room)
    if (!ofRoom) rooms.set(room, (ofRoom = new Map<string, Incarnation>()))
    const known = ofRoom.get(epoch)
    if (known) return known
    const before = latest.get(room)
    if (before && !entailed('epoch', before.times.at(-1) ?? before.born, at))
      add(
        'log/epoch',
        `${room} began anew as ${epoch} although nothing had made it: ${before.epoch} was at ${before.ids.length}`,
      )
    const made: Incarnation = { epoch, ordinal: ofRoom.size, ids: [], times: [], born: at, firsts: [[at, 1]] }
    ofRoom.set(epoch, made)
    latest.set(room, made)
    return made
  }
  const put = (room: string, log: Incarnation, offset: number, id: string, at: number): void => {
    const there = log.ids[offset - 1]
    if (there === id) return
    if (there !== undefined) {
      add('log/rewritten', `${room} ${log.epoch} ${offset} was ${there} and is ${id}`)
      return
    }
    log.ids[offset - 1] = id
    log.times[offset - 1] = at
    const place = log.ordinal * span + offset
    const earlier = places.get(id)
    if (earlier)
      add('log/double', `${id} is in ${earlier.room} at ${shown(earlier.place)} and in ${room} at ${shown(place)}`)
    else places.set(id, { room, place, log })
  }
  const logged = ([, at, room, epoch, offset, ids]: Logged): void => {
    const log = incarnation(room, epoch, at)
    for (const [index, id] of ids.entries()) put(room, log, offset + index, id, at)
  }
  const headed = ([, at, room, epoch, first, head]: Head): void => {
    const log = incarnation(room, epoch, at)
    if (head < log.ids.length)
      add('log/lost', `${room} ${epoch} had ${log.ids.length} and says that it ends at ${head}`)
    const known = log.firsts.at(-1)?.[1] ?? 1
    if (first <= known) return
    log.firsts.push([at, first])
    if (first - 1 > head - retained && !entailed('cut', 0, at))
      add('log/cut', `${room} ${epoch} begins at ${first} of ${head}, and ${retained} are to be kept`)
  }

  for (const record of server) {
    if (record[0] === 'logged') logged(record)
    else if (record[0] === 'head') headed(record)
  }
  for (const { room, epoch, first, ids } of finals) {
    const log = incarnation(room, epoch, Infinity)
    if (latest.get(room) !== log) add('log/epoch', `${room} ended as ${epoch}, which was over before`)
    if (first + ids.length - 1 < log.ids.length)
      add('log/lost', `${room} ${epoch} ended at ${first + ids.length - 1} and had ${log.ids.length}`)
    for (const [index, id] of ids.entries()) put(room, log, first + index, id, Infinity)
  }

  for (const [room, ofRoom] of rooms) {
    for (const log of ofRoom.values()) {
      const gone = (log.firsts.at(-1)?.[1] ?? 1) - 1
      let later = Infinity
      for (let offset = log.ids.length; offset > 0; offset--) {
        if (log.ids[offset - 1] === undefined && offset > gone)
          add('log/hole', `${room} ${log.epoch} has nothing at ${offset}`)
        later = Math.min(later, log.times[offset - 1] ?? Infinity)
        log.times[offset - 1] = later
      }
    }
  }

  const find = (room: string, epoch: string): Incarnation | undefined => rooms.get(room)?.get(epoch)
  return {
    at: (room, epoch, offset) => find(room, epoch)?.ids[offset - 1],
    placeOf: (id) => places.get(id)?.place,
    roomOf: (id) => places.get(id)?.room,
    timeOf: (id) => {
      const known = places.get(id)
      return known?.log.times[(known.place % span) - 1] ?? Infinity
    },
    place: (room, epoch, offset) => {
      const log = find(room, epoch)
      return log && log.ordinal * span + offset
    },
    headAt: (room, at) => {
      const born = [...(rooms.get(room)?.values() ?? [])].filter((log) => log.born <= at).at(-1)
      return born ? born.ordinal * span + upTo(born.times, at) : 0
    },
    *placesIn(room, from, to) {
      for (const { ordinal, ids } of rooms.get(room)?.values() ?? [])
        for (let offset = 1; offset <= ids.length; offset++) {
          const place = ordinal * span + offset
          if (place > from && place <= to) yield place
        }
    },
    isBorn: (room, epoch, at) => (find(room, epoch)?.born ?? Infinity) <= at,
    isGone: (room, epoch, offset, at) => {
      const firsts = find(room, epoch)?.firsts ?? []
      return firsts.some(([since, first]) => since <= at && first > offset)
    },
    ids: () => places.keys(),
    size: () => places.size,
  }
}

/** How many of these times, which do not fall, are not after `at`. */
const upTo = (times: readonly number[], at: number): number => {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((times[middle] ?? Infinity) <= at) low = middle + 1
    else high = middle
  }
  return low
}

/** The number of the incarnation of a place, in the order of their birth. */
export const ordinalOf = (place: Place): number => Math.floor(place / span)

/** A place for people. */
export const shown = (place: Place): string => `${ordinalOf(place)}:${place % span}`
