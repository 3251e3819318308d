import type { Sender } from '../../protocol/frame.js'
import type { Outcome } from '../../server/engine.js'
import { hold, type Lanes, noLanes, outcomesIn } from '../../server/lanes.js'
import type { RoomState } from '../../server/room-state.js'
import { emptyLog, type Log, push, slice } from '../../server/log.js'
import type { Clock } from './clock.js'

/** A room's log and lanes in JSON. */
export interface Checkpoint {
  /** The first publisher. Missing in checkpoints of an earlier version. */
  readonly maker?: string | undefined
  readonly epoch: string
  readonly first: number
  readonly head: number
  /** The messages from `first` on. */
  readonly messages: readonly Message[]
  /** The keys of lanes; outcomes refer to them by index. */
  readonly lanes: readonly string[]
  /** The outcomes, the oldest first. */
  readonly outcomes: readonly (readonly [lane: number, seq: number, decidedAt: number, Outcome])[]
}

type Message = readonly [at: number, id: string, event: string, from: Sender, data: string]

const all = { count: Infinity, bytes: Infinity }

export const checkpointOf = ({ maker, log, lanes }: RoomState, clock: Clock): Checkpoint => {
  const { epoch, first, head } = log
  const places = new Map([...lanes.lanes.keys()].map((key, at) => [key, at]))
  return {
    maker: maker?.user,
    epoch,
    first,
    head,
    messages: slice(log, first - 1, all).map(({ at, id, event, from, data }) => [at, id, event, from, data]),
    lanes: [...places.keys()],
    outcomes: outcomesIn(lanes).map(
      ({ lane, seq, time, outcome }) => [places.get(lane.key) ?? 0, seq, clock.dateOf(time), outcome] as const,
    ),
  }
}

export const logOf = ({ epoch, first, head, messages }: Checkpoint, clock: Clock): Log => {
  const log = emptyLog(epoch)
  log.first = first
  log.head = first - 1
  for (const [at, id, event, from, data] of messages)
    push(log, { offset: log.head + 1, id, event, from, at, data }, clock.timeOf(at))
  log.head = head
  return log
}

/** Returns the maker of the room, as far as it is known. */
export const makerOf = ({ maker, messages }: Checkpoint): string => maker ?? messages[0]?.[3][0] ?? ''

export const lanesOf = ({ lanes: keys, outcomes }: Checkpoint, clock: Clock): Lanes => {
  const lanes = noLanes()
  for (const [lane, seq, at, outcome] of outcomes) hold(lanes, keys[lane] ?? '', seq, outcome, clock.timeOf(at))
  return lanes
}
