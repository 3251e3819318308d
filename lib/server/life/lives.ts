import type { Context } from '../context.js'
import { type EngineFeed, engineFeed } from '../engine-feed.js'
import { ROOM } from '../../protocol/room-info.js'
import { nodeLease } from '../tables/lease.js'
import type { TableFeed, Tables } from '../tables/model.js'
import { lifeAlarm, type LifeAlarm } from './alarm.js'
import { type Closing, closing } from './closing.js'
import { type Creations, creations } from './creations.js'
import { ends } from './ends.js'
import { idleLives } from './idle-lives.js'
import { everything, freeLife, Life, type LifeChange, type LifeTerms } from './life.js'
import { type Orders, orders } from './orders.js'
import { type Entry, entry } from './entry.js'
import type { Written } from './record-writer.js'

/** The lives of the rooms that this server uses: for members, orders, publishes and the application. */
export interface Lives {
  readonly orders: Orders
  readonly creations: Creations
  readonly entry: Entry
  /**
   * Uses the life of a room until `release`. The first use reads the room's table and follows it. Calls `ready` once the
   * life is known, unless it is known already.
   */
  readonly use: (room: string, ready?: () => void) => Life
  readonly release: (life: Life) => void
  /** Returns the life of a room, if it is known at present: its feed is not lost. */
  readonly at: (room: string) => Life | undefined
  /** Returns the life of a room as it was when its feed was lost, if it is. */
  readonly last: (room: string) => Life | undefined
  /**
   * Uses a life until the end of the call of `then`, which gets `undefined` if the table cannot be read. Where its feed is
   * lost, it waits for the return.
   */
  readonly read: (room: string, then: (life: Life | undefined) => void) => void
  /** The life of a room with members has begun: they are under its rules from now on. */
  readonly began: (life: Life) => void
  /** The first member of this server has entered a room, or the last one has left it. */
  readonly occupied: (life: Life) => void
  /** Calls `changed` after each change of the record of a room, until the returned function is called. */
  readonly watch: (life: Life, changed: () => void) => () => void
  /** This server is in use: it ends the rooms whose time has come, also those that nobody uses. */
  readonly wake: () => void
  readonly isClosed: () => boolean
  readonly untilClosed: Closing['until']
  readonly close: () => void
}

/** A followed room. */
interface Followed {
  readonly life: Life
  alarm: LifeAlarm | undefined
  feed: EngineFeed | undefined
  /** The feed is lost: another server may have changed the life meanwhile. */
  isLost: boolean
  /** Calls that wait for the first item. */
  waiting: Set<() => void> | undefined
  watchers: Set<() => void> | undefined
}

export interface LivesNeeds {
  readonly context: Context
  readonly tables: Tables
  /** Returns true where this server has members in a room. */
  readonly isHere: (room: string) => boolean
  /** Returns true for an open room that has no life. */
  readonly isFree: (room: string) => boolean
  /** Called in a turn, after each change of a life. */
  readonly changed: (life: Life, what: LifeChange) => void
  readonly told: Written
}

const isCurrent = ({ life, isLost }: Followed): boolean => life.isKnown() && !isLost

const lastOf = (followed: Followed | undefined): Life | undefined =>
  followed?.life.isKnown() ? followed.life : undefined

/** Calls `then` once a life is known, at once if it is, or with `false` after `answerMs`. */
const known = ({ time, settings }: Context, followed: Followed | undefined, then: (isKnown: boolean) => void): void => {
  if (!followed || isCurrent(followed)) {
    then(followed !== undefined)
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

const watching = (followed: Followed | undefined, each: () => void): (() => void) => {
  if (!followed) return () => undefined
  followed.watchers ??= new Set()
  followed.watchers.add(each)
  return () => followed.watchers?.delete(each)
}

/** Opens the feed of a room's table. `took` is called after each item, with those who watch. */
const open = (
  context: Context,
  tables: Tables,
  followed: Followed,
  took: (what: LifeChange, isFirst: boolean, watchers: Followed['watchers']) => void,
): void => {
  const { life } = followed
  const { room } = life
  followed.feed = engineFeed<TableFeed>(context, {
    room,
    follow: () => tables.follow({ of: ROOM, room }, life.at),
    take: (item) => {
      const isFirst = !life.isKnown()
      followed.isLost = false
      const what = life.take(item)
      const { waiting, watchers } = followed
      followed.waiting = undefined
      for (const then of waiting ?? []) then()
      took(what, isFirst, watchers)
    },
    lost: () => {
      followed.isLost = true
    },
  })
}

/** Follows the tables of used rooms. */
export const lives = ({ context, tables, isHere, isFree, changed, told }: LivesNeeds): Lives => {
  const { now, settings } = context
  const { quietMs, graceMs } = settings.presence
  const terms: LifeTerms = { wall: settings.wall, isHere, leastEmptyMs: quietMs + graceMs }
  const all = new Map<string, Followed>()
  const free = freeLife(terms)
  const calls = closing()
  let isClosed = false
  const made = creations((room, then) => read(room, then))
  const planned = ends(context, tables, (room, then) => read(room, then))
  const give = orders(context, tables, made.told(told), planned.note)
  /** The lease of the rows that say where members are: renewed while there are such rows. */
  const lease = nodeLease(context, tables, {
    isNeeded: () => [...all.values()].some(({ life }) => life.isTimed() && life.isHere()),
    granted: () => {
      for (const { life, alarm } of [...all.values()]) if (life.isTimed()) alarm?.set()
    },
  })
  const alarmOf = (followed: Followed): LifeAlarm => {
    const { life } = followed
    followed.alarm ??= lifeAlarm({
      context,
      tables,
      life,
      lease,
      orders: give,
      changed: changed.bind(undefined, life),
      watch: (isNeeded) => {
        if (isNeeded) use(life.room)
        else release(life)
      },
    })
    return followed.alarm
  }
  const follow = (room: string): Followed => {
    const life = new Life(room, terms)
    const followed: Followed = {
      life,
      alarm: undefined,
      feed: undefined,
      isLost: false,
      waiting: undefined,
      watchers: undefined,
    }
    all.set(room, followed)
    open(context, tables, followed, (what, isFirst, watchers) => {
      const isOther = what.isInfo || what.users.size > 0
      if (what.isOther && !life.exists()) made.ended(room)
      if (!isFirst && isOther) changed(life, what)
      if (isFirst || what.isInfo) for (const each of [...(watchers ?? [])]) each()
      if (isOther || what.isOccupancy) alarmOf(followed).set()
    })
    return followed
  }
  const end = ({ feed, alarm }: Followed): void => {
    feed?.close()
    alarm?.cancel()
  }
  const idle = idleLives(now, (life) => {
    const followed = all.get(life.room)
    all.delete(life.room)
    if (followed) end(followed)
  })
  const use = (room: string, ready?: () => void): Life => {
    const followed = all.get(room) ?? follow(room)
    const { life } = followed
    planned.wake()
    life.uses++
    idle.remove(life)
    if (ready && !life.isKnown()) (followed.waiting ??= new Set()).add(ready)
    return life
  }
  const release = (life: Life): void => {
    if (--life.uses === 0) idle.add(life)
  }
  const read: Lives['read'] = (room, then) => {
    const life = isFree(room) ? undefined : use(room)
    if (!life) then(free)
    else
      known(context, all.get(room), (isKnown) => {
        then(isKnown ? life : undefined)
        release(life)
      })
  }
  return {
    orders: give,
    creations: made,
    entry: entry(context, tables),
    use,
    release,
    at: (room) => {
      const followed = all.get(room)
      if (followed) return isCurrent(followed) ? followed.life : undefined
      return isFree(room) ? free : undefined
    },
    last: (room) => lastOf(all.get(room)),
    began: (life) => {
      changed(life, everything(life))
    },
    read,
    wake: planned.wake,
    occupied: ({ room }) => {
      const followed = all.get(room)
      if (followed?.life.isTimed()) alarmOf(followed).set()
    },
    watch: ({ room }, each) => watching(all.get(room), each),
    isClosed: () => isClosed,
    untilClosed: calls.until,
    close: () => {
      isClosed = true
      calls.close()
      planned.close()
      lease.close()
      for (const each of all.values()) end(each)
      all.clear()
      idle.clear()
    },
  }
}
