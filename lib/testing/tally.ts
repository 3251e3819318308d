import type { SchedulerAction, SchedulerLike, Subscription } from 'rxjs'
import { branch, type Branch } from './virtual.js'

/** Counts the pending actions of one user of a scheduler: scheduled, and neither run nor cancelled. */
export const tally = (scheduler: SchedulerLike): Branch => branch(scheduler) ?? counted(scheduler)

const counted = (scheduler: SchedulerLike): Branch => {
  let waiting = 0

  const schedule: SchedulerLike['schedule'] = (work, delay, state) => {
    let isWaiting = true
    const wait = (): void => {
      if (!isWaiting) waiting++
      isWaiting = true
    }
    const go = (): void => {
      if (isWaiting) waiting--
      isWaiting = false
    }
    waiting++
    const action = scheduler.schedule(
      function (this: SchedulerAction<unknown>, given) {
        go()
        work.call(this, given as never)
      },
      delay,
      state,
    ) as Subscription & Pick<SchedulerAction<unknown>, 'schedule'>
    const again = action.schedule.bind(action)
    action.schedule = (given, ms) => {
      wait()
      return again(given, ms)
    }
    action.add(go)
    return action
  }

  return { now: () => scheduler.now(), schedule, pending: () => waiting }
}
