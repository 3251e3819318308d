import * as E from '#fp/Either'
import { Observable } from 'rxjs'
import { optionFault } from '../core/check.js'
import { ROOM } from '../protocol/room-info.js'
import { memoryChecks } from './checks.js'
import { sessionRegistry } from './session-registry.js'
import { answered } from './answer.js'
import { callBook } from './calls/book.js'
import { memoryCalls } from './calls/memory.js'
import type { Engine } from './engine.js'
import { ledger } from './ledger.js'
import { page, withLast } from './log.js'
import { boundsOf, type MemoryOptions, surroundingsOf } from './retention.js'
import { tell } from './feed.js'
import { fenced, presentLeader } from './tables/leader-row.js'
import { memoryTables } from './tables/memory.js'
import { hasLife, tableRegistry } from './tables/registry.js'
import { defaultTableBounds } from './tables/table.js'

export type { MemoryOptions } from './retention.js'

/** An engine in this process's memory. */
export interface MemoryEngine extends Engine {
  /** Drops a room's log and lanes; its followers receive another log. */
  readonly forget: (room: string) => void
  /** Drops all but the last `keep` messages of a room; its offsets continue. */
  readonly truncate: (room: string, options: { readonly keep: number }) => void
  /** Returns the number of held rooms and their bytes. */
  readonly held: () => { readonly rooms: number; readonly bytes: number }
}

/**
 * Creates an engine with rooms in memory, bounded in every direction. It answers in the same turn and has no timers.
 * With invalid options it has a `fault`, and no server opens with it.
 */
export const memory = (options: MemoryOptions = {}): MemoryEngine => {
  const fault = optionFault(options, memoryChecks)
  const bounds = boundsOf(fault ? {} : options)
  const given = surroundingsOf(fault ? {} : options)
  const { scheduler, ids, tableEpochs } = given
  const now = (): number => scheduler.now()
  const tables = tableRegistry(defaultTableBounds, now, tableEpochs, ({ of, room }) => {
    if (of === ROOM) rooms.tellLife(room)
  })
  const sessions = sessionRegistry(bounds, ids)
  const rooms = ledger(bounds, given)
  const calls = memoryCalls(callBook(bounds.dedupeMs, now, ids), bounds, tables.isHeld)

  return {
    durability: 'memory',
    ...(fault && { fault }),
    dedupeMs: bounds.dedupeMs,
    lanes: rooms.losses.name,
    append: (name, entries) =>
      answered(() => {
        const room = rooms.open(name)
        const outcomes = entries.map((entry) => {
          const decision = rooms.decide(
            room,
            fenced(entry, () => presentLeader(tables, name)),
          )
          rooms.apply(room, decision)
          return decision.outcome
        })
        rooms.settle(room)
        return outcomes
      }),
    follow: (name, from) => new Observable((to) => rooms.follow(rooms.open(name), from, to, hasLife(tables, name))),
    read: (name, after, limit) =>
      answered(() => {
        const room = rooms.find(name)
        return room && page(room.log, after, limit)
      }),
    head: (name) =>
      answered(() => {
        const room = rooms.find(name)
        return room && { epoch: room.log.epoch, first: room.log.first, head: room.log.head }
      }),
    claim: (claim) => answered(() => sessions.claim(claim, scheduler.now(), given.wall())),
    revoke: (user, session) =>
      answered(() => {
        sessions.revoke(user, session)
      }),
    forget: rooms.drop,
    truncate: (name, { keep }) => {
      const room = rooms.find(name)
      if (!room) return
      rooms.replace(name, withLast(room.log, keep), room.lanes)
      tell(room)
    },
    signal: (name, signal) =>
      answered(() => {
        for (const { to } of rooms.open(name).followers) to.next(E.right({ _tag: 'Signal', signal }))
      }),
    tables: memoryTables(tables, calls.lose),
    calls: calls.ledger,
    held: () => ({ rooms: rooms.rooms.size, bytes: rooms.bytes() }),
    close: () => undefined,
  }
}
