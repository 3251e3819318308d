import { defer, map, Observable, of, Subscription } from 'rxjs'
import * as E from '#fp/Either'
import type { Claims } from '../../server/claims.js'
import type { Answer, ClaimOutcome, Engine, EngineFailure } from '../../server/engine.js'
import type { Ledger, RoomState } from '../../server/ledger.js'
import { page } from '../../server/log.js'
import type { Bounds, Surroundings } from '../../server/retention.js'
import type { Cleaner } from './cleaner.js'
import type { Drafts } from './commits.js'
import { type Durability, promised } from './durability.js'
import { decidedOf, type JournalRecord } from './record.js'
import type { Writer } from './writer.js'

export interface EngineParts {
  readonly durability: Durability
  readonly bounds: Bounds
  readonly given: Required<Surroundings>
  readonly rooms: Ledger
  readonly sessions: Claims
  readonly cleaner: Cleaner
  readonly writer: Writer
  /** Called once; nothing more is written then. */
  readonly close: () => void
}

/** What is to be written of an answer, and the answer once that is durable. */
interface Plan<T> {
  readonly records: readonly JournalRecord[]
  readonly result: () => T
  readonly undo?: () => void
}

/**
 * Rooms in memory with a journal before them: what is decided is written first, and becomes part of a room, is told and
 * acknowledged once it is as durable as was promised.
 */
export const engine = (parts: EngineParts): Engine => {
  const { durability, bounds, given, rooms, sessions, cleaner, writer, close } = parts
  const { scheduler, wall } = given
  /** Rooms that the journal does not know yet. */
  const unborn = new Set<string>()
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

  const known = (name: string): RoomState | undefined => (unborn.has(name) ? undefined : rooms.find(name))
  /** Of a room that stays until the answer, and that the journal will know. */
  const inRoom = <T>(name: string, drafts: Drafts, use: (room: RoomState) => Plan<T>): Plan<T> => {
    if (!rooms.find(name)) unborn.add(name)
    const room = rooms.open(name)
    const isFirst = !drafts.has(room)
    if (isFirst) drafts.set(room, { head: room.log.head, lanes: new Map() })
    const birth: readonly JournalRecord[] = isFirst && unborn.has(name) ? [['r', name, room.log.epoch]] : []
    const undo = rooms.pin(room)
    const { records, result } = use(room)
    return {
      records: [...birth, ...records],
      undo,
      result: () => {
        if (unborn.delete(name)) cleaner.begin(name, writer.segment())
        undo()
        return result()
      },
    }
  }
  /** The room, made if it is not known: then as soon as the journal knows it, so that its epoch stays. */
  const find = (name: string): Answer<RoomState> =>
    defer(() =>
      known(name)
        ? of(E.right(rooms.open(name)))
        : answer((drafts) => inRoom(name, drafts, (room) => ({ records: [], result: () => room }))),
    )

  return {
    durability: promised(durability),
    dedupeMs: bounds.dedupeMs,
    lanes: rooms.lanes,
    append: (name, entries) =>
      answer((drafts) =>
        inRoom(name, drafts, (room) => {
          const decisions = entries.map((entry) => rooms.decide(room, entry, drafts.get(room)))
          const decided = decisions.filter(({ isNew }) => isNew).map((each) => decidedOf(each, wall()))
          return {
            records: decided.length === 0 ? [] : [['a', name, room.log.epoch, decided]],
            result: () => {
              for (const decision of decisions) rooms.apply(room, decision)
              rooms.settle(room)
              return decisions.map(({ outcome }) => outcome)
            },
          }
        }),
      ),
    follow: (name, from) =>
      new Observable((to) => {
        const feed = new Subscription()
        feed.add(
          find(name).subscribe({
            next: (found) => {
              if (E.isLeft(found)) to.next(found)
              else feed.add(rooms.follow(found.right, from, to))
            },
            error: (thrown: unknown) => {
              to.error(thrown)
            },
          }),
        )
        return feed
      }),
    read: (name, after, limit) => find(name).pipe(map(E.map(({ log }) => page(log, after, limit)))),
    head: (name) =>
      defer(() => {
        const room = known(name)
        return of(E.right(room && { epoch: room.log.epoch, first: room.log.first, head: room.log.head }))
      }),
    claim: (claim) =>
      answer(() => {
        const outcome = sessions.claim(claim, scheduler.now())
        const { user, instance, generation } = claim
        const session =
          outcome._tag === 'Granted'
            ? [{ user, instance, generation, session: outcome.session, resume: outcome.resume, time: wall() }]
            : []
        return { records: session.length === 0 ? [] : [['s', session]], result: (): ClaimOutcome => outcome }
      }),
    close: () => {
      if (isClosed) return
      isClosed = true
      close()
    },
  }
}

const closed: EngineFailure = { message: 'the engine was closed' }
