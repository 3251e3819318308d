import type { SchedulerLike } from 'rxjs'

const longestMs = 2 ** 31 - 1

/** A scheduler that knows which waits a platform's timer could not hold: such a one is over at once. */
export const overflowing = (scheduler: SchedulerLike): SchedulerLike & { readonly tooLong: readonly number[] } => {
  const tooLong: number[] = []
  return {
    tooLong,
    now: () => scheduler.now(),
    schedule: (work, delay = 0, state) => {
      if (delay > longestMs) tooLong.push(delay)
      return scheduler.schedule(work as never, Math.min(delay, longestMs), state as never)
    },
  }
}
