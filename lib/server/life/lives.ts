import type { Context } from '../context.js'
import { type EngineFeed, engineFeed } from '../engine-feed.js'
import { ROOM } from '../../protocol/room-info.js'
import type { TableFeed, Tables } from '../tables/model.js'
import { lifeAlarm, type LifeAlarm } from './alarm.js'
import { Life, type LifeChange } from './life.js'
import { type Orders, orders, type Wrote } from './orders.js'

/** The lives of the rooms that this server uses: for members, orders, publishes and the application. */
export interface Lives {
  readonly orders: Orders
  /**
   * Uses the life of a room until `release`. The first use reads the room's table and follows it. Calls `ready` once the
   * life is known, unless it is known already.
   */
  readonly use: (room: string, ready?: () => void) => Life
  readonly release: (life: Life) => void
  /** Returns the life of a room, if it is known at present. */
  readonly at: (room: string) => Life | undefined
  /** Uses a life until the end of the call of `then`, which gets `undefined` if the table cannot be read. */
  readonly read: (room: string, then: (life: Life | undefined) => void) => void
  /** Calls `changed` after each change of the record of a room, until the returned function is called. */
  readonly watch: (life: Life, changed: () => void) => () => void
  readonly close: () => void
}

/** A followed room. */
interface Followed {
  readonly life: Life
  alarm: LifeAlarm | undefined
  feed: EngineFeed | undefined
  /** Calls that wait for the first item. */
  waiting: Set<() => void> | undefined
  watchers: Set<() => void> | undefined
}

/** A life without users is followed for so long, in ms, and at most so many of them. */
const idleMs = 30_000
const mostIdle = 1_000

/**
 * Follows the tables of used rooms. Called in a turn: `changed` after each change of a life, `wrote` with each record that
 * this server has written.
 */
export const lives = (
  context: Context,
  tables: Tables,
  changed: (life: Life, what: LifeChange) => void,
  wrote: Wrote,
): Lives => {
  const { time, now, settings } = context
  const all = new Map<string, Followed>()
  /** Lives without users, the longest unused first, with the time since when. */
  const idle = new Map<Life, number>()

  const give = orders(context, tables, wrote)
  const alarmOf = (followed: Followed): LifeAlarm => {
    const { life } = followed
    followed.alarm ??= lifeAlarm({
      context,
      life,
      orders: give,
      changed: (what) => {
        changed(life, what)
      },
    })
    return followed.alarm
  }
  const follow = (room: string): Followed => {
    const life = new Life(room, settings.wall)
    const followed: Followed = { life, alarm: undefined, feed: undefined, waiting: undefined, watchers: undefined }
    all.set(room, followed)
    followed.feed = engineFeed<TableFeed>(context, {
      room,
      follow: () => tables.follow({ of: ROOM, room }, life.at),
      take: (item) => {
        const isFirst = !life.isKnown()
        const what = life.take(item)
        const { waiting, watchers } = followed
        followed.waiting = undefined
        for (const then of waiting ?? []) then()
        const isOther = what.isInfo || what.users.size > 0
        if (!isFirst && isOther) changed(life, what)
        if (!isFirst && what.isInfo) for (const each of [...(watchers ?? [])]) each()
        if (isOther) alarmOf(followed).set()
      },
    })
    return followed
  }
  const end = ({ feed, alarm }: Followed): void => {
    feed?.close()
    alarm?.cancel()
  }
  const drop = (life: Life): void => {
    const followed = all.get(life.room)
    idle.delete(life)
    all.delete(life.room)
    if (followed) end(followed)
  }
  /** Drops lives that were not used for long, at the next occasion: there is no timer for it. */
  const sweep = (): void => {
    for (const [life, since] of idle) {
      if (idle.size <= mostIdle && since + idleMs > now()) return
      drop(life)
    }
  }
  const use = (room: string, ready?: () => void): Life => {
    const followed = all.get(room) ?? follow(room)
    const { life } = followed
    life.uses++
    idle.delete(life)
    if (ready && !life.isKnown()) (followed.waiting ??= new Set()).add(ready)
    return life
  }
  const release = (life: Life): void => {
    if (--life.uses > 0) return
    idle.set(life, now())
    sweep()
  }
  const known = (life: Life, then: (isKnown: boolean) => void): void => {
    const followed = all.get(life.room)
    if (life.isKnown() || !followed) {
      then(life.isKnown())
      return
    }
    const late = time.after(settings.answerMs, () => {
      if (followed.waiting?.delete(ready)) then(false)
    })
    const ready = (): void => {
      late.cancel()
      then(true)
    }
    ;(followed.waiting ??= new Set()).add(ready)
  }
  return {
    orders: give,
    use,
    release,
    at: (room) => {
      const life = all.get(room)?.life
      return life?.isKnown() ? life : undefined
    },
    read: (room, then) => {
      const life = use(room)
      known(life, (isKnown) => {
        then(isKnown ? life : undefined)
        release(life)
      })
    },
    watch: ({ room }, each) => {
      const followed = all.get(room)
      if (!followed) return () => undefined
      followed.watchers ??= new Set()
      followed.watchers.add(each)
      return () => followed.watchers?.delete(each)
    },
    close: () => {
      for (const each of all.values()) end(each)
      all.clear()
      idle.clear()
    },
  }
}
