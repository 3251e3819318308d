import * as E from '#fp/Either'
import { backoff, defaultBackoff } from '../../core/backoff.js'
import type { Cancel, Context } from '../context.js'
import { memberValue } from './kinds.js'
import type { NodeLease } from './lease.js'
import type { Cause, Tables, Write, WriteOutcome } from './model.js'

/** The answer to a state: it is written, or the table has no place for it. */
export type RowAnswer = 'written' | 'full'

/** The end of a connection, for the rows of its memberships. */
export type MembershipEnd =
  /** The client said that it leaves. */
  | 'left'
  /** The connection was lost: the client may come back. */
  | 'lost'
  /** The token expired: the client may come back with another one. */
  | 'expired'
  /** The server goes away: the client goes on at another one, or at the next one. */
  | 'moved'

/** A membership that others see. */
export interface Announced {
  /** Sets the state, JSON text. */
  readonly set: (state: string, then: (answer: RowAnswer) => void) => void
  /** Ends at once. */
  readonly leave: (cause: Cause) => void
  /** Ends with the connection. */
  readonly depart: (how: MembershipEnd) => void
}

/** The row of one membership on this server. */
export interface MemberRow extends Announced {
  readonly generation: number
  /** Writes the row again, because it may be gone. */
  readonly again: () => void
  /** Another connection, or another server, writes the row from now on. */
  readonly yield: () => void
}

export interface MemberRowNeeds {
  readonly context: Context
  readonly tables: Tables
  readonly lease: Pick<NodeLease, 'name' | 'isHeld'>
  readonly room: string
  readonly key: string
  readonly generation: number
  /** The offset of the room's log at the join. */
  readonly since: number
  /** This server no longer writes the row. */
  readonly ended: () => void
}

/** The life of a row, from the announcement of a member to its end. */
type Step =
  | { readonly _tag: 'Present' }
  /** The connection was lost, and nobody is told yet. */
  | { readonly _tag: 'Quiet'; readonly cause: Cause }
  | { readonly _tag: 'Leaving'; readonly cause: Cause; readonly at: number }
  | { readonly _tag: 'Gone'; readonly cause: Cause }
  /** The row is written by another, or dropped. */
  | { readonly _tag: 'Over' }

/** The least time between two writes of a state, in ms: states between them are left out. */
const pauseMs = 100

/** Writes the row of a member: one write at a time, and always the latest state. */
export const memberRow = (needs: MemberRowNeeds): MemberRow => {
  const { context, tables, lease, room, key, generation, since, ended } = needs
  const { time, now, settings } = context
  const { quietMs, graceMs } = settings.presence
  let step: Step = { _tag: 'Present' }
  let state = 'null'
  let isDue = false
  let isWriting = false
  let readyAt = -Infinity
  let failures = 0
  let waiting: readonly ((answer: RowAnswer) => void)[] = []
  /** The next step, or the next write. */
  let stepping: Cancel | undefined
  let pausing: Cancel | undefined

  const answer = (all: typeof waiting, how: RowAnswer): void => {
    for (const then of all) then(how)
  }
  const end = (): void => {
    if (step._tag === 'Over') return
    step = { _tag: 'Over' }
    stepping?.()
    pausing?.()
    answer(waiting, 'written')
    ended()
  }
  const write = (): Write | undefined => {
    switch (step._tag) {
      case 'Over':
        return undefined
      case 'Gone':
        return { _tag: 'Drop', key, cause: step.cause, generation }
      case 'Present':
      case 'Quiet':
      case 'Leaving': {
        const value = memberValue(state, step._tag === 'Leaving' ? step.at : undefined)
        return { _tag: 'Put', key, value, generation, since, lease: lease.name() }
      }
    }
  }
  const settle = (outcome: WriteOutcome | undefined, asked: typeof waiting, was: Step): void => {
    answer(asked, outcome?._tag === 'Full' ? 'full' : 'written')
    // `Kept`: a newer connection writes the row. `Full`: a row that is not there has nothing to end.
    if (outcome?._tag !== 'Written' || was._tag === 'Gone') end()
  }
  const pump = (): void => {
    if (!isDue || isWriting || pausing || !lease.isHeld()) return
    const waitMs = readyAt - now()
    if (waitMs > 0 && step._tag === 'Present') {
      pause(waitMs)
      return
    }
    const next = write()
    if (!next) return
    const [asked, was] = [waiting, step]
    waiting = []
    isDue = false
    isWriting = true
    context.engine(
      () => tables.write({ of: 'members', room }, [next]),
      (result) => {
        isWriting = false
        readyAt = now() + pauseMs
        if (step._tag === 'Over') {
          answer(asked, 'written')
          return
        }
        if (E.isLeft(result)) {
          context.fault({ where: 'engine', message: result.left, room })
          waiting = [...asked, ...waiting]
          isDue = true
          pause(backoff(defaultBackoff, failures++, settings.random()))
          return
        }
        failures = 0
        settle(result.right[0], asked, was)
        pump()
      },
    )
  }
  const pause = (ms: number): void => {
    pausing = time.after(ms, () => {
      pausing = undefined
      pump()
    }).cancel
  }
  const due = (): void => {
    isDue = true
    pump()
  }
  const enter = (next: Step): void => {
    stepping?.()
    step = next
  }
  const leave = (cause: Cause): void => {
    if (step._tag === 'Over' || step._tag === 'Gone') return
    enter({ _tag: 'Gone', cause })
    due()
  }
  const lose = (cause: Cause): void => {
    if (step._tag !== 'Present') return
    enter({ _tag: 'Quiet', cause })
    stepping = time.after(quietMs, () => {
      enter({ _tag: 'Leaving', cause, at: settings.wall() + graceMs })
      due()
      stepping = time.after(graceMs, () => {
        leave(cause)
      }).cancel
    }).cancel
  }
  const departures: Readonly<Record<MembershipEnd, () => void>> = {
    left: () => {
      leave('left')
    },
    lost: () => {
      lose('grace')
    },
    expired: () => {
      lose('expired')
    },
    moved: end,
  }

  return {
    generation,
    again: due,
    yield: end,
    set: (next, then) => {
      if (step._tag !== 'Present') {
        then('written')
        return
      }
      state = next
      waiting = [...waiting, then]
      due()
    },
    leave,
    depart: (how) => {
      departures[how]()
    },
  }
}
