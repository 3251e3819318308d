import { defer, Observable, of, Subscription, switchMap } from 'rxjs'
import * as E from '#fp/Either'
import type { Answer, ClaimOutcome, Engine, EngineFailure } from '../../server/engine.js'
import type { RoomState } from '../../server/room-state.js'
import { page } from '../../server/log.js'
import type { Bounds, Surroundings } from '../../server/retention.js'
import { appendPlans, type Plan } from './append-plans.js'
import { callLedger } from './call-ledger.js'
import { callPlans } from './call-plans.js'
import type { Cleaner } from './cleaner.js'
import type { Contents } from './contents.js'
import type { Drafts } from './commits.js'
import { type Durability, promised } from './durability.js'
import type { Writer } from './writer.js'
import { tablePlans } from './table-plans.js'
import { hasLife } from '../../server/tables/registry.js'
import { pageOf } from '../../server/tables/page.js'

export interface EngineParts extends Contents {
  readonly durability: Durability
  readonly bounds: Bounds
  readonly given: Required<Surroundings>
  readonly cleaner: Cleaner
  readonly writer: Writer
  /** Closes the writer; called once, and nothing is written afterwards. */
  readonly close: () => void
}

/**
 * Creates an engine with rooms in memory and a write-ahead journal: it writes a decision first, then applies, delivers
 * and acknowledges it once it has the promised durability.
 */
export const engine = (parts: EngineParts): Engine => {
  const { durability, bounds, given, cleaner, writer, close } = parts
  const { rooms, sessions, clock, tables, tableBases, commands, commandBases } = parts
  const { scheduler, wall } = given
  const appends = appendPlans({ rooms, tables, cleaner, wall, segment: writer.segment })
  const writes = tablePlans({
    registry: tables,
    bases: tableBases,
    segment: writer.segment,
  })
  const claims = callPlans({
    book: commands,
    bounds,
    bases: commandBases,
    isHeld: tables.isHeld,
    segment: writer.segment,
  })
  let isClosed = false

  const answer = <T>(plan: (drafts: Drafts) => Plan<T>): Answer<T> =>
    new Observable((to) => {
      const settle = (each: E.Either<EngineFailure, T>): void => {
        to.next(each)
        to.complete()
      }
      if (isClosed) settle(E.left(closed))
      else
        writer.put((drafts) => {
          const { records, result, undo } = plan(drafts)
          return {
            records,
            done: () => {
              settle(E.right(result()))
            },
            failed: ({ message }) => {
              undo?.()
              settle(E.left({ message }))
            },
          }
        })
    })

  /** Finds a room once the journal knows the epoch in which an unborn room will begin. */
  const found = (name: string): Answer<RoomState> =>
    defer(() => {
      const room = rooms.open(name)
      const { epoch } = room.log
      if (room.maker || epoch !== rooms.unborn() || epoch === writer.unborn()) return of(E.right(room))
      return answer(() => ({ records: [], result: () => room })).pipe(
        switchMap((written) => (E.isLeft(written) ? of(written) : found(name))),
      )
    })

  return {
    durability: promised(durability),
    dedupeMs: bounds.dedupeMs,
    lanes: rooms.losses.name,
    append: (name, entries) => answer((drafts) => appends.plan(name, entries, drafts)),
    follow: (name, from) =>
      new Observable((to) => {
        const feed = new Subscription()
        feed.add(
          found(name).subscribe({
            next: (room) => {
              if (E.isLeft(room)) to.next(room)
              else feed.add(rooms.follow(room.right, from, to, hasLife(tables, name)))
            },
            error: (thrown: unknown) => {
              to.error(thrown)
            },
          }),
        )
        return feed
      }),
    read: (name, after, limit) =>
      defer(() => {
        const room = rooms.find(name)
        return of(E.right(room && page(room.log, after, limit)))
      }),
    head: (name) =>
      defer(() => {
        const room = rooms.find(name)
        return of(E.right(room && { epoch: room.log.epoch, first: room.log.first, head: room.log.head }))
      }),
    claim: (claim) =>
      answer(() => {
        const outcome = sessions.claim(claim, scheduler.now(), wall())
        const { user, instance, generation } = claim
        if (outcome._tag !== 'Granted') return { records: [], result: (): ClaimOutcome => outcome }
        const { session, resume, since } = outcome
        const begun = since === undefined ? {} : { since }
        return {
          records: [['s', [{ user, instance, generation, session, resume, time: wall(), ...begun }]]],
          result: (): ClaimOutcome => outcome,
        }
      }),
    revoke: (user, session) =>
      answer(() => {
        const revoked = sessions.revoke(user, session)
        const dated = revoked.map((each) => ({ ...each, time: clock.dateOf(each.time) }))
        return { records: dated.length === 0 ? [] : [['s', dated]], result: () => undefined }
      }),
    tables: {
      write: (id, all) => answer((drafts) => writes.write(id, all, drafts)),
      follow: (id, from) => new Observable((to) => tables.follow(id, from, to)),
      page: (id, range) => defer(() => of(E.right(pageOf(tables.find(id)?.table, range)))),
      lease: (lease, forMs) =>
        answer((drafts) => both(writes.lease(lease, forMs, drafts), claims.lose(tables.over(lease, forMs), drafts))),
    },
    calls: callLedger(commands, claims, answer),
    close: () => {
      if (isClosed) return
      isClosed = true
      close()
    },
  }
}

/** Joins a plan with another, whose result does not count. */
const both = <T>(plan: Plan<T>, other: Plan<void>): Plan<T> => ({
  records: [...plan.records, ...other.records],
  undo: () => {
    plan.undo?.()
    other.undo?.()
  },
  result: () => {
    const result = plan.result()
    other.result()
    return result
  },
})

const closed: EngineFailure = { message: 'the engine was closed' }
