import { asyncScheduler, filter, firstValueFrom, interval, map, startWith, take, type SchedulerLike } from 'rxjs'

/** Waits until a condition is true. Rejects with the error `never <what>` if it stays false. */
export type Until = (what: string, condition: () => boolean) => Promise<void>

/** Options for `eventually`. */
export interface EventuallyOptions {
  /** Scheduler whose time passes. Default: rxjs' `asyncScheduler`, real time. */
  readonly scheduler?: SchedulerLike | undefined
  /** Interval between two checks of the condition, in ms. Default 1. */
  readonly everyMs?: number | undefined
  /** Time after which the wait fails, in ms. Default 10 000. */
  readonly deadlineMs?: number | undefined
}

/** Waits until a condition is true. Rejects with `never <what>` at the deadline. Serves as `until` of a rig in real time. */
export const eventually = async (
  what: string,
  condition: () => boolean,
  { scheduler = asyncScheduler, everyMs = 1, deadlineMs = 10_000 }: EventuallyOptions = {},
): Promise<void> => {
  const deadline = scheduler.now() + deadlineMs
  const looks$ = interval(everyMs, scheduler).pipe(
    startWith(0),
    map(() => condition()),
    filter((isSo) => isSo || scheduler.now() >= deadline),
    take(1),
  )
  if (!(await firstValueFrom(looks$, { defaultValue: false }))) throw new Error(`never ${what}`)
}
