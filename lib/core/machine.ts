import { type Observable, Subscription } from 'rxjs'
import type { Mailbox } from './mailbox.js'

/** When an input is handled: the clock in ms and one draw in [0, 1). All of the outside world that a step may see. */
export interface Moment {
  readonly now: number
  readonly chance: number
}

/** Moments of a clock. Chance is drawn when a step looks at it: what is drawn depends on no step that needs none. */
export const moments = (now: () => number, random: () => number) => (): Moment => {
  let drawn: number | undefined
  return {
    now: now(),
    get chance() {
      return (drawn ??= random())
    },
  }
}

/** The state that an input leads to, and what to tell other parts, in order. */
export type Step<S, O> = readonly [state: S, outputs: readonly O[]]

/** Something that runs while a state lasts. The key holds all that must restart it, as counters, and never a secret. */
export interface Activity<I> {
  readonly key: string
  readonly run: Observable<I>
}

/**
 * A state machine as plain data: `step` decides, `activities` names what must be running while a state lasts.
 *
 * A step that changes nothing returns the same state; `activities` is asked only when the state changed.
 */
export interface Machine<S, I, O> {
  readonly initial: S
  readonly step: (state: S, input: I, moment: Moment) => Step<S, O>
  readonly activities: (state: S) => readonly Activity<I>[]
}

/** A machine at work. */
export interface Running<S, I> {
  readonly state: () => S
  /** Steps now; to be called inside a turn. */
  readonly send: (input: I) => void
  /** Unsubscribes every activity. */
  readonly stop: () => void
}

/** What a machine needs from its surroundings. */
export interface Surroundings<S, O> {
  readonly mailbox: Mailbox
  readonly moment: () => Moment
  /** Told of each new state, before activities start. */
  readonly entered: (state: S) => void
  /** Takes the outputs, in order. */
  readonly output: (output: O) => void
  /** Takes what an activity errored with, or threw while it was stopped. Failures are inputs; these end nothing. */
  readonly defect: (thrown: unknown) => void
}

/**
 * Runs a machine in a mailbox, keeping the running subscriptions equal to `activities(state)`.
 *
 * The order of a step: activities that went stop, the state is told, outputs are routed, new activities start. What an
 * activity emits comes from outside and takes its turn; it is dropped if the activity was stopped meanwhile. An activity
 * that has completed is not started again under the same key while the state still names it.
 */
export const run = <S, I, O>(machine: Machine<S, I, O>, around: Surroundings<S, O>): Running<S, I> => {
  const running = new Map<string, Subscription>()
  let state = machine.initial
  let stopped = false

  const start = ({ key, run: source }: Activity<I>): void => {
    const subscription = new Subscription()
    running.set(key, subscription)
    subscription.add(
      source.subscribe({
        next: (input) => {
          around.mailbox.enter(() => {
            if (!subscription.closed) send(input)
          })
        },
        error: (thrown: unknown) => {
          around.mailbox.enter(() => {
            if (!subscription.closed) around.defect(thrown)
          })
        },
      }),
    )
  }
  const end = (activity: Subscription): void => {
    try {
      activity.unsubscribe()
    } catch (thrown) {
      around.defect(thrown)
    }
  }
  const enter = (next: S, outputs: readonly O[]): void => {
    const wanted = machine.activities(next)
    state = next
    const keys = new Set(wanted.map(({ key }) => key))
    for (const [key, subscription] of running) {
      if (!keys.has(key) && running.delete(key)) end(subscription)
    }
    around.entered(next)
    route(outputs)
    around.mailbox.route(() => {
      for (const activity of wanted) {
        if (state === next && !stopped && !running.has(activity.key)) start(activity)
      }
    })
  }
  const route = (outputs: readonly O[]): void => {
    for (const output of outputs)
      around.mailbox.route(() => {
        around.output(output)
      })
  }
  const send = (input: I): void => {
    if (stopped) return
    const [next, outputs] = machine.step(state, input, around.moment())
    if (next !== state) enter(next, outputs)
    else route(outputs)
  }

  return {
    state: () => state,
    send,
    stop: () => {
      stopped = true
      for (const subscription of running.values()) end(subscription)
      running.clear()
    },
  }
}
