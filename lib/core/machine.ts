import { type Observable, Subscription } from 'rxjs'
import type { Mailbox } from './mailbox.js'

/** The context of a step: the clock in ms and one random value in [0, 1). The only outside input a step may see. */
export interface StepContext {
  readonly now: number
  readonly chance: number
}

/** Makes moments of a clock. A step draws its random value on first use, so steps without one do not affect the sequence. */
export const moments = (now: () => number, random: () => number) => (): StepContext => {
  let drawn: number | undefined
  return {
    now: now(),
    get chance() {
      return (drawn ??= random())
    },
  }
}

/** The next state, and the outputs for other parts, in order. */
export type Step<S, O> = readonly [state: S, outputs: readonly O[]]

/** An activity that runs while a state lasts. The key holds all that must restart it, as counters, and never a secret. */
export interface Activity<I> {
  readonly key: string
  readonly run: Observable<I>
}

/**
 * A state machine as plain data: `step` decides, `activities` names the activities of a state.
 *
 * A step that changes nothing returns the same state; `run` asks for `activities` only when the state changed.
 */
export interface Machine<S, I, O> {
  readonly initial: S
  readonly step: (state: S, input: I, moment: StepContext) => Step<S, O>
  readonly activities: (state: S) => readonly Activity<I>[]
}

/** A running machine. */
export interface Running<S, I> {
  readonly state: () => S
  /** Steps now; call inside a turn. */
  readonly send: (input: I) => void
  /** Unsubscribes every activity. */
  readonly stop: () => void
}

/** The dependencies of a running machine. */
export interface MachineHost<S, I, O> {
  readonly mailbox: Mailbox
  readonly moment: () => StepContext
  /** Receives each new state with the input that led to it, before activities start. */
  readonly entered: (state: S, input: I) => void
  /** Receives the outputs, in order. */
  readonly output: (output: O) => void
  /** Receives the error of an activity, or of its teardown. Failures are inputs; these errors end nothing. */
  readonly defect: (thrown: unknown) => void
}

/**
 * Runs a machine in a mailbox, keeping the running subscriptions equal to `activities(state)`.
 *
 * The order of a step: dropped activities stop, `entered` gets the state, outputs are routed, new activities start.
 * Emissions of an activity come from outside and take their turn; they are dropped if the activity was stopped
 * meanwhile. A completed activity does not start again under the same key while the state still names it.
 */
export const run = <S, I, O>(machine: Machine<S, I, O>, around: MachineHost<S, I, O>): Running<S, I> => {
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
  const enter = (next: S, input: I, outputs: readonly O[]): void => {
    const wanted = machine.activities(next)
    state = next
    const keys = new Set(wanted.map(({ key }) => key))
    for (const [key, subscription] of running) {
      if (!keys.has(key) && running.delete(key)) end(subscription)
    }
    around.entered(next, input)
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
    if (next !== state) enter(next, input, outputs)
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
