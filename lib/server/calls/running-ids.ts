import { ChurningMap } from '../../core/churning-map.js'
import type { Counters } from '../metrics.js'
import { keyOf } from './fact.js'
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

const keyOfCall = ({ asked: { holder, frame } }: Running): string => keyOf({ user: holder, id: frame.id })

/** The room of a stream. */
const roomOf = ({ asked: { frame } }: Running): string | undefined => (frame.kind === 'stream' ? frame.room : undefined)

export const runningIds = (count: Pick<Counters, 'calls' | 'running'>): RunningIds => {
  const all = new ChurningMap<string, Running>()
  const rooms = new Map<string, Set<Running>>()
  let commands = 0
  return {
    find: (user, id) => all.get(keyOf({ user, id })),
    add: (call) => {
      all.set(keyOfCall(call), call)
      if (isCommand(call)) commands++
      const room = roomOf(call)
      if (room !== undefined) rooms.set(room, (rooms.get(room) ?? new Set()).add(call))
      count.calls++
      count.running++
    },
    remove: (call) => {
      const key = keyOfCall(call)
      if (all.get(key) !== call) return false
      all.delete(key)
      if (isCommand(call)) commands--
      const room = roomOf(call)
      const inRoom = room === undefined ? undefined : rooms.get(room)
      inRoom?.delete(call)
      if (room !== undefined && inRoom?.size === 0) rooms.delete(room)
      count.running--
      return true
    },
    all: () => [...all.values()],
    streams: (room) => [...(rooms.get(room) ?? [])],
    commands: () => commands,
  }
}
