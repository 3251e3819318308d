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
  let waiting: { readonly cancel: Cancel; readonly at: number } | undefined
  let isWatched = false
  let isCancelled = false
  /** The versions of the sanctions that are over, and whose drop is under way, or done and not heard of yet. */
  let over: ReadonlySet<number> = new Set()

  const expire = (at: number): void => {
    const all = life.overAt(at)
    const ended = all.filter(({ version }) => !over.has(version))
    over = new Set(all.map(({ version }) => version))
    if (ended.length === 0) return
    changed({ isInfo: false, isOccupancy: false, isOther: false, users: new Set(ended.map(({ user }) => user)) })
    orders.expire(life.room, ended, () => {
      over = new Set()
      ring(againMs)
    })
  }
  /** Closes the room if its planned end has come. Returns the time to look again. */
  const end = (at: number): number => {
    const planned = life.plannedEnd()
    if (!planned || planned.at > at) return planned?.at ?? Infinity
    orders.end({ room: life.room, by: atServer }, planned, () => life.plannedEnd()?.at === planned.at)
    return at + againMs
  }
  /** Looks again after so long, or earlier where that is planned. */
  const ring = (ms: number): void => {
    const at = settings.wall() + ms
    if (isCancelled || (waiting && waiting.at <= at)) return
    waiting?.cancel()
    waiting = { at, cancel: time.after(ms, set).cancel }
  }
  const occupants = occupancy({
    context,
    tables,
    life,
    lease,
    again: (isLater) => {
      if (isLater) ring(againMs)
      else if (!isCancelled) set()
    },
  })
  const set = (): void => {
    waiting?.cancel()
    waiting = undefined
    const at = settings.wall()
    expire(at)
    const isNeeded = occupants.update(at)
    if (isNeeded !== isWatched) {
      isWatched = isNeeded
      watch(isNeeded)
    }
    const next = Math.min(end(at), life.nextEndAfter(at))
    if (next < Infinity) ring(Math.max(1, next - at))
  }
  return {
    set,
    cancel: () => {
      isCancelled = true
      waiting?.cancel()
      waiting = undefined
    },
  }
}
