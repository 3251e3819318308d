import { ChurningMap } from '../../core/churning-map.js'
import type { Counters } from '../metrics.js'
import type { Running } from './running-call.js'

/** The calls that run on a server, by holder and id. */
export interface RunningIds {
  readonly find: (holder: string, id: string) => Running | undefined
  readonly add: (call: Running) => void
  /** Returns false for a call that was removed before. */
  readonly remove: (call: Running) => boolean
  readonly all: () => readonly Running[]
  /** Returns the streams in a room. */
  readonly streams: (room: string) => readonly Running[]
  /** Returns the number of commands. */
  readonly commands: () => number
}

const isCommand = ({ asked }: Running): boolean => asked.frame.kind === 'command'

/** The room of a stream. */
const roomOf = ({ asked: { frame } }: Running): string | undefined => (frame.kind === 'stream' ? frame.room : undefined)

export const runningIds = (count: Pick<Counters, 'calls' | 'running'>): RunningIds => {
  const holders = new Map<string, ChurningMap<string, Running>>()
  const rooms = new Map<string, Set<Running>>()
  let commands = 0
  return {
    find: (holder, id) => holders.get(holder)?.get(id),
    add: (call) => {
      const { holder, frame } = call.asked
      const own = holders.get(holder) ?? new ChurningMap<string, Running>()
      own.set(frame.id, call)
      holders.set(holder, own)
      if (isCommand(call)) commands++
      const room = roomOf(call)
      if (room !== undefined) rooms.set(room, (rooms.get(room) ?? new Set()).add(call))
      count.calls++
      count.running++
    },
    remove: (call) => {
      const { holder, frame } = call.asked
      const own = holders.get(holder)
      if (own?.get(frame.id) !== call) return false
      own.delete(frame.id)
      if (own.size === 0) holders.delete(holder)
      if (isCommand(call)) commands--
      const room = roomOf(call)
      const inRoom = room === undefined ? undefined : rooms.get(room)
      inRoom?.delete(call)
      if (room !== undefined && inRoom?.size === 0) rooms.delete(room)
      count.running--
      return true
    },
    all: () => [...holders.values()].flatMap((own) => [...own.values()]),
    streams: (room) => [...(rooms.get(room) ?? [])],
    commands: () => commands,
  }
}
