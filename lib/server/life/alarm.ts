import type { Cancel, Context } from '../context.js'
import type { NodeLease } from '../tables/lease.js'
import type { Tables } from '../tables/model.js'
import type { Life, LifeChange } from './life.js'
import { occupancy } from './occupancy.js'
import { atServer, type Orders } from './orders.js'

/** The clock of one room's life: the ends of sanctions, the planned end of the room, and who is in it. */
export interface LifeAlarm {
  /** Does what is due, and sets the timer for what comes next. Call it after each change. */
  readonly set: () => void
  readonly cancel: () => void
}

export interface AlarmNeeds {
  readonly context: Context
  readonly tables: Tables
  readonly life: Life
  readonly lease: NodeLease
  readonly orders: Pick<Orders, 'expire' | 'end'>
  /** Sanctions are over: their users have other permissions. */
  readonly changed: (what: LifeChange) => void
  /** This server has to watch the room from now on, or no longer. */
  readonly watch: (isNeeded: boolean) => void
}

/** A write that is due and has failed is tried again after so long, in ms. */
const againMs = 5_000

export const lifeAlarm = ({ context, tables, life, lease, orders, changed, watch }: AlarmNeeds): LifeAlarm => {
  const { time, settings } = context
  let waiting: Cancel | undefined
  let isWatched = false
  let isCancelled = false
  /** The sanctions that are known to be over, by key and version: others may still have to drop them. */
  const over = new Map<string, number>()

  const expire = (at: number): void => {
    const ended = life.overAt(at).filter(({ key, version }) => over.get(key) !== version)
    if (ended.length === 0) return
    for (const { key, version } of ended) over.set(key, version)
    changed({ isInfo: false, isOccupancy: false, isOther: false, users: new Set(ended.map(({ user }) => user)) })
    orders.expire(life.room, ended)
  }
  /** Closes the room if its planned end has come. Returns the time to look again. */
  const end = (at: number): number => {
    const planned = life.plannedEnd()
    if (!planned || planned.at > at) return planned?.at ?? Infinity
    orders.end({ room: life.room, by: atServer }, planned, () => life.plannedEnd()?.at === planned.at)
    return at + againMs
  }
  const ring = (ms: number): void => {
    waiting?.()
    waiting = time.after(ms, set).cancel
  }
  const occupants = occupancy({
    context,
    tables,
    life,
    lease,
    again: (isLater) => {
      if (isCancelled) return
      if (isLater) ring(againMs)
      else set()
    },
  })
  const set = (): void => {
    waiting?.()
    waiting = undefined
    const at = settings.wall()
    expire(at)
    const isNeeded = occupants.update(at)
    if (isNeeded !== isWatched) {
      isWatched = isNeeded
      watch(isNeeded)
    }
    const next = Math.min(end(at), life.nextEndAfter(at))
    if (next < Infinity && !isCancelled) ring(Math.max(1, next - at))
  }
  return {
    set,
    cancel: () => {
      isCancelled = true
      waiting?.()
      waiting = undefined
    },
  }
}
