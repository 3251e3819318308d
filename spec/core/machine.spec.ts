import fc from 'fast-check'
import { concat, EMPTY, from, NEVER, Observable, of, Subject, throwError } from 'rxjs'
import { type Activity, type Machine, moments, run, type Running } from '../../lib/core/machine.js'
import { desk } from '../support/desk.js'

/** A machine whose state is what is to run. */
interface Wanted {
  readonly keys: readonly string[]
}
type Order = { readonly keys: readonly string[]; readonly say?: readonly string[] } | 'nothing'

/** Runs such a machine and notes everything, in order. */
const rig = (sourceOf: (key: string) => Observable<Order> = () => NEVER) => {
  const log: string[] = []
  const { box, defects, turn } = desk()
  let asked = 0
  const activity = (key: string): Activity<Order> => ({
    key,
    run: new Observable((to) => {
      log.push(`+${key}`)
      const subscription = sourceOf(key).subscribe(to)
      return () => {
        log.push(`-${key}`)
        subscription.unsubscribe()
      }
    }),
  })
  const machine: Machine<Wanted, Order, string> = {
    initial: { keys: [] },
    step: (state, order) => (order === 'nothing' ? [state, ['same']] : [{ keys: order.keys }, order.say ?? []]),
    activities: ({ keys }) => (asked++, keys.map(activity)),
  }
  const running: Running<Wanted, Order> = run(machine, {
    mailbox: box,
    moment: () => ({ now: 0, chance: 0 }),
    entered: ({ keys }) => log.push(`=${keys.join('')}`),
    output: (said) => log.push(said),
    defect: (thrown) => defects.push(thrown),
  })
  const send = (order: Order): void => turn(() => running.send(order))
  return { running, log, defects, send, turn, box, asked: () => asked }
}

describe('moments', () => {
  it('[CR11] draw chance when it is looked at, once each', () => {
    const draws = [0.1, 0.2]
    const next = moments(
      () => 7,
      () => draws.shift()!,
    )
    expect(next().now).toBe(7)
    expect(draws).toEqual([0.1, 0.2])
    const [first, second] = [next(), next()]
    expect([second.chance, first.chance, second.chance]).toEqual([0.1, 0.2, 0.1])
  })
})

describe('the machine', () => {
  it('[CR10] a step stops what went, tells the state, routes outputs, then starts what came', () => {
    const { send, log } = rig()
    send({ keys: ['a', 'b'] })
    log.length = 0
    send({ keys: ['b', 'c'], say: ['first', 'second'] })
    expect(log).toEqual(['-a', '=bc', 'first', 'second', '+c'])
  })

  it('[CR10] a step that changes nothing tells outputs and leaves everything as it runs', () => {
    const { send, log, asked } = rig()
    send({ keys: ['a'] })
    expect(asked()).toBe(1)
    log.length = 0
    send('nothing')
    expect(log).toEqual(['same'])
    expect(asked()).toBe(1)
  })

  it('[CR9] what runs is what the state names: kept keys live on, gone ones stop, completed ones are not restarted', () => {
    const letter = fc.constantFrom<string[]>('a', 'b', 'c', 'd')
    const keys = fc.uniqueArray(letter, { maxLength: 4 })
    const actions = fc.array(fc.oneof(keys, letter), { maxLength: 30 })
    fc.assert(
      fc.property(actions, (plan) => {
        const sources = new Map<string, Subject<Order>>()
        const { send, log, running } = rig((key) => {
          const source = new Subject<Order>()
          sources.set(key, source)
          return source
        })
        const live = new Set<string>()
        const completed = new Set<string>()
        for (const action of plan) {
          log.length = 0
          if (typeof action === 'string') {
            const wasLive = live.delete(action)
            if (wasLive) completed.add(action)
            sources.get(action)?.complete()
            expect(log).toEqual(wasLive ? [`-${action}`] : [])
            continue
          }
          const stopped = [...live].filter((key) => !action.includes(key))
          const started = action.filter((key) => !live.has(key) && !completed.has(key))
          send({ keys: action })
          expect(log.filter((entry) => entry.startsWith('-')).sort()).toEqual(stopped.map((key) => `-${key}`).sort())
          expect(log.filter((entry) => entry.startsWith('+'))).toEqual(started.map((key) => `+${key}`))
          for (const key of stopped) live.delete(key)
          for (const key of started) live.add(key)
          for (const key of [...completed]) if (!action.includes(key)) completed.delete(key)
        }
        log.length = 0
        turnOff(running)
        expect(log.sort()).toEqual([...live].map((key) => `-${key}`).sort())
      }),
      { numRuns: 500 },
    )
  })

  it('[CR9] what an activity emits at once takes its turn, after everybody was told of the state', () => {
    const { send, log, box } = rig((key) => (key === 'a' ? of<Order>({ keys: ['b'] }) : NEVER))
    box.enter(() => {
      send({ keys: ['a'] })
      box.publish(() => log.push('told'))
    })
    expect(log).toEqual(['told', '=a', '+a', '-a', '=b', '+b'])
  })

  it('[CR9] [P13] what a stopped activity said before it was stopped is not heard', () => {
    const { send, log } = rig((key) =>
      key === 'a' ? concat(from<Order[]>([{ keys: ['b'] }, { keys: ['late'] }]), NEVER) : NEVER,
    )
    send({ keys: ['a'] })
    expect(log).toEqual(['=a', '+a', '-a', '=b', '+b'])
  })

  it('[CR9] the last words of a completed activity are heard', () => {
    const { send, log, running } = rig((key) => (key === 'a' ? of<Order>({ keys: ['a', 'b'] }) : EMPTY))
    send({ keys: ['a'] })
    expect(log).toEqual(['=a', '+a', '-a', '=ab', '+b', '-b'])
    expect(running.state()).toEqual({ keys: ['a', 'b'] })
  })

  it('[CR9] a state that is left in the same turn starts nothing', () => {
    const { running, log, turn } = rig()
    turn(() => {
      running.send({ keys: ['a'] })
      running.send({ keys: ['b'] })
    })
    expect(log).toEqual(['=a', '=b', '+b'])
  })

  it('[CR3] an activity that errors is a defect, ends nothing, and does not run again under its key', () => {
    const { send, log, defects } = rig((key) => (key === 'a' ? throwError(() => 'boom') : NEVER))
    send({ keys: ['a', 'b'] })
    expect(defects).toEqual(['boom'])
    send({ keys: ['a', 'b', 'c'] })
    expect(log).toEqual(['=ab', '+a', '-a', '+b', '=abc', '+c'])
  })

  it('[CR3] [T19] an activity that throws when it is stopped is a defect: the state is told and the next ones start', () => {
    const { send, log, defects, running } = rig((key) =>
      key === 'a'
        ? new Observable(() => () => {
            throw new Error('teardown')
          })
        : NEVER,
    )
    send({ keys: ['a'] })
    send({ keys: ['b'], say: ['said'] })
    expect(log).toEqual(['=a', '+a', '-a', '=b', 'said', '+b'])
    expect(defects).toHaveLength(1)
    send({ keys: ['a', 'b'] })
    turnOff(running)
    expect(log.slice(6)).toEqual(['=ab', '+a', '-b', '-a'])
    expect(defects).toHaveLength(2)
  })

  it('[CR3] a step that throws changes nothing', () => {
    const { defects, box, turn } = desk()
    const running = run<number, 'add' | 'throw', never>(
      {
        initial: 0,
        step: (state, input) => {
          if (input === 'throw') throw new Error('step')
          return [state + 1, []]
        },
        activities: () => [],
      },
      {
        mailbox: box,
        moment: () => ({ now: 0, chance: 0 }),
        entered: () => undefined,
        output: () => undefined,
        defect: () => undefined,
      },
    )
    turn(() => running.send('add'))
    turn(() => running.send('throw'))
    turn(() => running.send('add'))
    expect([running.state(), defects]).toEqual([2, [new Error('step')]])
  })

  it('[CR9] once stopped, nothing runs, starts or steps', () => {
    const { running, log, turn } = rig()
    turn(() => {
      running.send({ keys: ['a'] })
      running.stop()
      running.send({ keys: ['b'] })
    })
    expect(log).toEqual(['=a'])
    expect(running.state()).toEqual({ keys: ['a'] })
  })
})

const turnOff = ({ stop }: Pick<Running<Wanted, Order>, 'stop'>): void => stop()
