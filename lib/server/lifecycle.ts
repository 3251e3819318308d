import * as E from '#fp/Either'
import { AsyncSubject } from 'rxjs'
import type { Result, ResultStream } from '../core/result.js'
import type { Connection } from './connections.js'
import type { Context } from './context.js'
import { type DrainOptions, farewell, type GoAway } from './go-away.js'
import type { Log } from './logging.js'

/** The state for health checks: a server that is not `open` turns new clients away. */
export type ServerStatus = 'open' | 'draining' | 'closed'

/** The open connections of a server, and their common end. */
export interface Lifecycle {
  readonly status: () => ServerStatus
  /** Reports a connection whose socket opened, or closed. */
  readonly began: (connection: Connection) => void
  readonly ended: (connection: Connection) => void
  /** Asks every client to leave. Emits when no connection is left. */
  readonly drain: (options: DrainOptions) => ResultStream<void>
  /** Ends every connection and every timer. Emits when the last connection has ended. */
  readonly close: () => ResultStream<void>
}

/** `closing` ends the other parts of the server. `isDrained`: its clients were asked to go elsewhere before. */
export const lifecycle = (context: Context, log: Log | undefined, closing: (isDrained: boolean) => void): Lifecycle => {
  const { box, count, time, now, settings } = context
  const drained = new AsyncSubject<Result<void>>()
  const ended = new AsyncSubject<Result<void>>()
  const connections = new Set<Connection>()
  let leaving: GoAway | undefined
  let isClosed = false

  const settleEnd = (): void => {
    if (connections.size > 0) return
    log?.drained(now())
    if (leaving || isClosed) settle(drained)
    if (!isClosed) return
    log?.closed()
    time.clear()
    settle(ended)
  }

  return {
    status: () => (isClosed ? 'closed' : leaving ? 'draining' : 'open'),
    began: (each) => {
      connections.add(each)
      count.links++
      if (isClosed) each.end()
      else if (leaving) each.bye(leaving)
    },
    ended: (each) => {
      if (connections.delete(each)) count.links--
      settleEnd()
    },
    drain: (options) => {
      box.enter(() => {
        if (leaving) return
        leaving = farewell(options, connections.size, settings.drainMs, now())
        log?.draining(leaving.bye, connections.size, now())
        for (const each of [...connections]) each.bye(leaving)
        settleEnd()
      })
      return drained.asObservable()
    },
    close: () => {
      box.enter(() => {
        if (isClosed) return
        isClosed = true
        for (const each of [...connections]) each.end()
        closing(leaving !== undefined)
        settleEnd()
      })
      return ended.asObservable()
    },
  }
}

const settle = (action: AsyncSubject<Result<void>>): void => {
  action.next(E.right(undefined))
  action.complete()
}
