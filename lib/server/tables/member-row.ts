import type { Cancel } from '../context.js'
import { memberValue } from './kinds.js'
import type { NodeLease } from './lease.js'
import type { Cause, Write } from './model.js'
import { rowWriter, type RowWriterNeeds } from './row-writer.js'

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
  /** Returns true after the end: another state needs another announcement. */
  readonly isOver: () => boolean
  /** Ends with the connection. */
  readonly depart: (how: MembershipEnd) => void
}

/** The row of one membership on this server. */
export interface MemberRow extends Announced {
  readonly generation: number
  /** Writes the row again, because it may be gone. */
  readonly again: () => void
  /** Writes what waits, if there is anything. */
  readonly pump: () => void
  /** Another connection, or another server, writes the row from now on. */
  readonly yield: () => void
}

export interface MemberRowNeeds extends Pick<
  RowWriterNeeds,
  'context' | 'tables' | 'id' | 'isReady' | 'began' | 'finished'
> {
  readonly lease: Pick<NodeLease, 'name'>
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

/** Answers of states that are not written yet. */
type Waiting = ((answer: RowAnswer) => void)[]

const answer = (all: Waiting, how: RowAnswer): void => {
  for (const then of all) then(how)
}

/** Returns the write for a step of a row. */
const writeOf = (
  step: Step,
  {
    state,
    version,
    ...row
  }: Pick<MemberRowNeeds, 'key' | 'generation' | 'since'> & {
    readonly state: string
    readonly lease: string
    readonly version: number | undefined
  },
): Write | undefined => {
  switch (step._tag) {
    case 'Over':
      return undefined
    case 'Gone':
      return { _tag: 'Drop', key: row.key, cause: step.cause, generation: row.generation }
    case 'Present':
      return { _tag: 'Put', ...row, value: memberValue(state) }
    case 'Quiet':
    case 'Leaving':
      return {
        _tag: 'Put',
        ...row,
        value: memberValue(state, step._tag === 'Leaving' ? step.at : undefined),
        // The client may have gone on at another server, and have left there: then there is no row any more.
        ...(version !== undefined && { ifVersion: version }),
      }
  }
}

/** Makes the row of a member: it begins with the first state. */
export const memberRow = (needs: MemberRowNeeds): MemberRow => {
  const { context, lease, key, generation, since, ended } = needs
  const { time, settings } = context
  const { quietMs, graceMs } = settings.presence
  let step: Step = { _tag: 'Present' }
  let state = 'null'
  /** The state that the row has; `undefined`: there is no row yet. */
  let written: string | undefined
  /** The version of that row. */
  let version: number | undefined
  let waiting: Waiting = []
  /** The answers of the write under way. */
  let asked: Waiting = []
  let stepping: Cancel | undefined

  const end = (): void => {
    if (step._tag === 'Over') return
    step = { _tag: 'Over' }
    stepping?.()
    writer.stop()
    const answered = [...asked.splice(0), ...waiting.splice(0)]
    ended()
    answer(answered, 'written')
  }
  const writer = rowWriter({
    ...needs,
    isPaused: () => step._tag === 'Present',
    next: () => {
      const write = writeOf(step, { key, generation, since, state, version, lease: lease.name() })
      if (!write) return undefined
      const wish = state
      asked = waiting
      waiting = []
      return {
        writes: [write],
        settle: ([outcome]) => {
          if (outcome?._tag === 'Kept' && outcome.row?.generation === generation) {
            // The answer to an earlier write was lost.
            version = outcome.row.version
            waiting = [...asked.splice(0), ...waiting]
            return 'again'
          }
          const answered = asked.splice(0)
          if (outcome?._tag === 'Written' && write._tag === 'Put') {
            written = wish
            version = outcome.version
          }
          // A row without place for more keeps what it has; its later steps go on.
          else if (outcome?._tag === 'Full' && written !== undefined) {
            if (state === wish) state = written
          } else end()
          answer(answered, outcome?._tag === 'Full' ? 'full' : 'written')
          return undefined
        },
      }
    },
    failed: () => {
      waiting = [...asked, ...waiting]
      asked = []
    },
  })
  const enter = (next: Step): void => {
    stepping?.()
    step = next
  }
  const leave = (cause: Cause): void => {
    if (step._tag === 'Over' || step._tag === 'Gone') return
    enter({ _tag: 'Gone', cause })
    writer.due()
  }
  const lose = (cause: Cause): void => {
    if (step._tag !== 'Present') return
    enter({ _tag: 'Quiet', cause })
    stepping = time.after(quietMs, () => {
      enter({ _tag: 'Leaving', cause, at: settings.wall() + graceMs })
      writer.due()
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
    // A row that is being dropped is dropped: the client does not go on with it.
    moved: () => {
      if (step._tag !== 'Gone') end()
    },
  }

  return {
    generation,
    again: writer.due,
    pump: writer.pump,
    yield: end,
    set: (next, then) => {
      if (step._tag !== 'Present') {
        then('written')
        return
      }
      state = next
      waiting.push(then)
      writer.due()
    },
    leave,
    isOver: () => step._tag === 'Over',
    depart: (how) => {
      departures[how]()
    },
  }
}
