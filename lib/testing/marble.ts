import type { ObservableNotification } from 'rxjs'

/** The completion of a stream, on a timeline. */
export interface Completed {
  readonly _tag: 'Completed'
}
/** The mark for the completion of a stream. */
export const completed: Completed = /*#__PURE__*/ Object.freeze({ _tag: 'Completed' as const })

/** An error that ended a stream, on a timeline. */
export interface Errored {
  readonly _tag: 'Errored'
  readonly error: unknown
}
/** Makes the mark for the error of a stream. */
export const errored = (error: unknown): Errored => ({ _tag: 'Errored', error })
export const isErrored = (what: unknown): what is Errored =>
  typeof what === 'object' && what !== null && '_tag' in what && what._tag === 'Errored' && 'error' in what

/** An event of a stream and its time, in ms of the scheduler's clock. */
export type Marble<V> = readonly [ms: number, what: V | Completed | Errored]

/** Converts the logs that rxjs' `TestScheduler` compares, notifications or subscriptions, to marks. */
export const marblesOf = (logs: readonly (Told | Subscribed)[]): readonly Marble<unknown>[] =>
  logs.flatMap((log): readonly Marble<unknown>[] => {
    if ('notification' in log) return [[log.frame, whatOf(log.notification)]]
    const { subscribedFrame, unsubscribedFrame } = log
    return [[subscribedFrame, unsubscribedFrame === Infinity ? '^' : `^ until ${unsubscribedFrame}`]]
  })

interface Told {
  readonly frame: number
  readonly notification: ObservableNotification<unknown>
}

interface Subscribed {
  readonly subscribedFrame: number
  readonly unsubscribedFrame: number
}

const whatOf = (notification: ObservableNotification<unknown>): unknown => {
  switch (notification.kind) {
    case 'N':
      return notification.value
    case 'E':
      return errored(notification.error)
    case 'C':
      return completed
  }
}
