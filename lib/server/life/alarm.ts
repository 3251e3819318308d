import type { Cancel, Context } from '../context.js'
import type { Life, LifeChange } from './life.js'
import { atServer, type Orders } from './orders.js'

/** The clock of one room's life: the ends of sanctions, and the planned end of the room. */
export interface LifeAlarm {
  /** Does what is due, and sets the timer for what comes next. Call it after each change. */
  readonly set: () => void
  readonly cancel: () => void
}

export interface AlarmNeeds {
  readonly context: Context
  readonly life: Life
  readonly orders: Pick<Orders, 'expire' | 'end'>
  /** Sanctions are over: their users have other permissions. */
  readonly changed: (what: LifeChange) => void
}

/** What is due and could not be written is tried again after so long, in ms. */
const againMs = 5_000

export const lifeAlarm = ({ context, life, orders, changed }: AlarmNeeds): LifeAlarm => {
  const { time, settings } = context
  let waiting: Cancel | undefined
  /** The sanctions that are known to be over, by key and version: others may still have to drop them. */
  const over = new Map<string, number>()

  const expire = (at: number): void => {
    const ended = life.overAt(at).filter(({ key, version }) => over.get(key) !== version)
    if (ended.length === 0) return
    for (const { key, version } of ended) over.set(key, version)
    changed({ isInfo: false, isOther: false, users: new Set(ended.map(({ user }) => user)) })
    orders.expire(life.room, ended)
  }
  const set = (): void => {
    waiting?.()
    waiting = undefined
    const at = settings.wall()
    expire(at)
    const end = life.plannedEnd()
    const isDue = end !== undefined && end.at <= at
    if (isDue) orders.end({ room: life.room, by: atServer }, end)
    const next = Math.min(isDue ? at + againMs : (end?.at ?? Infinity), life.nextEndAfter(at))
    if (next < Infinity) waiting = time.after(Math.max(1, next - at), set).cancel
  }
  return {
    set,
    cancel: () => {
      waiting?.()
      waiting = undefined
    },
  }
}
