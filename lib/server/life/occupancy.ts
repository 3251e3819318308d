import * as E from '#fp/Either'
import type { Context } from '../context.js'
import type { NodeLease } from '../tables/lease.js'
import type { Tables, Write } from '../tables/model.js'
import { ROOM } from '../../protocol/room-info.js'
import type { Life } from './life.js'
import { EMPTY, HERE } from './record.js'

/** The occupancy of one room that closes when nobody was in it for a while, as rows that all servers see. */
export interface Occupancy {
  /** Brings the rows up to date, and returns true while this server has to watch the room. */
  readonly update: (at: number) => boolean
}

export interface OccupancyNeeds {
  readonly context: Context
  readonly tables: Tables
  readonly life: Life
  readonly lease: NodeLease
  /** The rows are to be updated again: now, or later because a write has failed. */
  readonly again: (isLater: boolean) => void
}

export const occupancy = ({ context, tables, life, lease, again }: OccupancyNeeds): Occupancy => {
  let isWriting = false
  const write = (writes: readonly Write[]): void => {
    const { room, at } = life
    isWriting = true
    context.engine(
      () => tables.write({ of: ROOM, room }, writes),
      (result) => {
        isWriting = false
        if (E.isLeft(result)) {
          context.fault({ where: 'engine', message: result.left, room })
          again(true)
        } else if (life.at !== at) again(false)
      },
    )
  }
  /** Returns the writes that make the rows true. */
  const due = (at: number): readonly Write[] => {
    const { here, empty } = life
    const own = `${HERE}${lease.name()}`
    const noLonger: readonly Write[] = empty ? [{ _tag: 'Drop', key: EMPTY, cause: 'occupied' }] : []
    if (life.isHere()) {
      lease.hold()
      if (!lease.isHeld()) return []
      const ownRow = here.has(own) ? [] : [{ _tag: 'Put', key: own, value: '1', lease: lease.name() } as const]
      return [...ownRow, ...noLonger]
    }
    if (here.has(own)) return [{ _tag: 'Drop', key: own, cause: 'left' }]
    if (here.size > 0) return noLonger
    return empty ? [] : [{ _tag: 'Put', key: EMPTY, value: JSON.stringify({ at }), ifNew: true }]
  }
  return {
    update: (at) => {
      if (!life.isTimed()) return false
      const writes = isWriting ? [] : due(at)
      if (writes.length > 0) write(writes)
      return life.isHere() || life.here.size === 0 || life.here.has(`${HERE}${lease.name()}`)
    },
  }
}
