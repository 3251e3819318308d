import * as E from '#fp/Either'
import type { Parts } from '../client/parts.js'
import { retryIn } from '../core/backoff.js'
import type { Deadline } from '../core/deadlines.js'
import type { WebSocketError } from '../core/error.js'
import type { Result } from '../core/result.js'
import { tables } from './tables.js'

/** A call that waits for the server to have a state. */
type Settle = (result: Result<void>) => void

/** The row of this client in a table of one room, which lasts while the client shows itself there. Call in a turn. */
export interface Own {
  readonly show: () => void
  readonly hide: () => void
  /** Sets the state, JSON text; `undefined`: none. Calls back once, when the server has this state or a later one. */
  readonly set: (state: string | undefined, settle: Settle) => () => void
  /** The room was joined: the server knows nothing of this client there. */
  readonly joined: () => void
  /** The link ended. */
  readonly down: () => void
  /** Ends it: answers waiting calls with this result. */
  readonly end: (result: Result<void>) => void
}

/** The least time between two states, in ms: those in between are left out. */
const pauseMs = 100

export interface OwnNeeds {
  readonly name: string
  /** The table. */
  readonly of: string
  /** Returns true while the client is in the room. */
  readonly isJoined: () => boolean
  /** There is nothing to show any more. */
  readonly idle: () => void
  /** The server does not take the row. */
  readonly refused?: ((because: WebSocketError) => void) | undefined
}

export const own = ({ kernel, get }: Parts, { name, of, isJoined, idle, refused }: OwnNeeds): Own => {
  const { deadlines, turns, config } = kernel
  const table = get(tables)
  const waiting = new Map<Settle, number>()
  let shown = 0
  let state: string | undefined
  /** Counts the changes, and the last one that the server has on the present link. */
  let changes = 1
  let told = 0
  let isVisible = false
  /** A row of an earlier link may still be shown. */
  let mayBeVisible = false
  /** Withdraws the write under way. */
  let asking: (() => void) | undefined
  let readyAt = -Infinity
  let failures = 0
  let alarm: Deadline | undefined

  const answer = (upTo: number, result: Result<void>): void => {
    for (const [settle, from] of [...waiting])
      if (from <= upTo) {
        waiting.delete(settle)
        settle(result)
      }
  }
  const later = (ms: number): void => {
    alarm?.cancel()
    alarm = deadlines.after(ms, () => {
      turns.enter(() => {
        alarm = undefined
        pump()
      })
    })
  }
  /** Writes the present state if the server has another one. One write is under way at a time. */
  const pump = (): void => {
    if (asking || alarm || told === changes || !isJoined()) return
    const isShown = shown > 0 || state !== undefined
    if (!isShown && !isVisible && !mayBeVisible) {
      answer(changes, E.right(undefined))
      idle()
      return
    }
    const waitMs = readyAt - deadlines.now()
    if (waitMs > 0) later(waitMs)
    else write(isShown)
  }
  const write = (isShown: boolean): void => {
    const change = changes
    readyAt = deadlines.now() + pauseMs
    const value = isShown && { value: JSON.parse(state ?? 'null') as unknown }
    asking = table.put({ room: name, of, key: 'me', ...value }, (result) => {
      asking = undefined
      if (E.isLeft(result) && result.left.kind !== 'terminal') {
        later(retryIn(config.backoff, failures++, config.random(), result.left))
        return
      }
      failures = 0
      told = change
      mayBeVisible = false
      isVisible = isShown && E.isRight(result)
      if (isShown && E.isLeft(result)) refused?.(result.left)
      answer(change, E.isLeft(result) ? result : E.right(undefined))
      pump()
    })
  }
  const changed = (): void => {
    changes++
    pump()
  }
  const forgetTold = (): void => {
    told = 0
    mayBeVisible ||= isVisible || asking !== undefined
    isVisible = false
  }
  return {
    show: () => {
      shown++
      if (shown === 1 && state === undefined) changed()
    },
    hide: () => {
      shown--
      if (shown === 0 && state === undefined) changed()
    },
    set: (next, settle) => {
      state = next
      waiting.set(settle, changes + 1)
      changed()
      return () => {
        waiting.delete(settle)
      }
    },
    joined: () => {
      forgetTold()
      failures = 0
      alarm?.cancel()
      alarm = undefined
      pump()
    },
    down: forgetTold,
    end: (result) => {
      alarm?.cancel()
      // A later announcement in this room must not be overwritten.
      asking?.()
      answer(Infinity, result)
    },
  }
}
