import { asyncScheduler, filter, firstValueFrom, interval, map, startWith, take, type SchedulerLike } from 'rxjs'

/** Waits for a condition, and rejects with `never <what>` if it does not come true. */
export type Until = (what: string, condition: () => boolean) => Promise<void>

/** How a condition is waited for. */
export interface EventuallyOptions {
  /** Whose time passes. Default: rxjs' `asyncScheduler`, real time. */
  readonly scheduler?: SchedulerLike | undefined
  /** Between two looks, in ms. Default 1. */
  readonly everyMs?: number | undefined
  /** After that it has failed. In ms. Default 10 000. */
  readonly deadlineMs?: number | undefined
}

/** Waits for a condition and rejects with `never <what>` at its deadline: `until` of a rig in real time. */
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
