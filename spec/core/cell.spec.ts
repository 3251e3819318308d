import fc from 'fast-check'
import { map, type Subscription, take, tap } from 'rxjs'
import { cell } from '../../lib/core/cell.js'
import { desk } from '../support/desk.js'

/** What an observer does when it is told a value, by the value's number. */
type Reaction =
  | { readonly does: 'set'; readonly by: number }
  | { readonly does: 'subscribe' }
  | { readonly does: 'unsubscribe'; readonly who: number }

const reactions = fc.array(
  fc.tuple(
    fc.nat(3),
    fc.nat(12),
    fc.oneof(
      fc.record<Reaction & { does: 'set' }>({ does: fc.constant('set'), by: fc.integer({ min: 1, max: 2 }) }),
      fc.constant<Reaction>({ does: 'subscribe' }),
      fc.record<Reaction & { does: 'unsubscribe' }>({ does: fc.constant('unsubscribe'), who: fc.nat(5) }),
    ),
  ),
  { maxLength: 12 },
)

describe('a cell', () => {
  it('[CR4] tells the committed value at once, then each change once', () => {
    const { box, turn } = desk()
    const state = cell('a', box)
    const seen: string[] = []
    state.changes$.subscribe((value) => seen.push(value))
    expect(seen).toEqual(['a'])
    turn(() => {
      state.set('b')
      expect(state.value()).toBe('b')
      expect(seen).toEqual(['a'])
    })
    turn(() => state.set('b'))
    expect(seen).toEqual(['a', 'b'])
  })

  it('[CR4] tells it at once in the middle of a turn too, and completes once', () => {
    const { box, turn } = desk()
    const state = cell('a', box)
    const seen: string[] = []
    turn(() => {
      state.set('b')
      state.changes$.subscribe({ next: (value) => seen.push(value), complete: () => seen.push('|') })
      seen.push('then')
      state.set('c')
    })
    state.complete()
    state.complete()
    turn(() => state.set('d'))
    expect([seen, state.value()]).toEqual([['b', 'then', 'c', '|'], 'c'])
  })

  it('[CR4] who subscribes while a change is being told gets it once', () => {
    const { box, turn } = desk()
    const state = cell(0, box)
    const late: number[] = []
    state.changes$.subscribe((value) => {
      if (value === 1) state.changes$.subscribe((replayed) => late.push(replayed))
    })
    turn(() => {
      state.set(1)
      state.set(2)
    })
    // The second change was committed when it subscribed: the first is of the past.
    expect(late).toEqual([2])
  })

  it('[CR2] [T2] all see the same changes in the same order, however they set and subscribe from inside', () => {
    fc.assert(
      fc.property(reactions, (plan) => {
        const { box, turn, defects } = desk()
        const state = cell(0, box)
        const committed = [0]
        const observers: { readonly from: number; readonly seen: number[]; subscription?: Subscription }[] = []
        const set = (value: number): void => {
          if (committed.length > 20 || value === state.value()) return
          committed.push(value)
          state.set(value)
        }
        const react = (reaction: Reaction, value: number): void => {
          if (reaction.does === 'set') turn(() => set(value + reaction.by))
          else if (reaction.does === 'subscribe') subscribe()
          else observers[reaction.who]?.subscription?.unsubscribe()
        }
        const subscribe = (): void => {
          if (observers.length >= 6) return
          const number = observers.length
          const observer: (typeof observers)[number] = { from: committed.length - 1, seen: [] }
          observers.push(observer)
          observer.subscription = state.changes$.subscribe((value) => {
            observer.seen.push(value)
            for (const [who, when, reaction] of plan) if (who === number && when === value) react(reaction, value)
          })
        }
        for (let number = 0; number < 3; number++) subscribe()
        turn(() => {
          set(state.value() + 1)
          set(state.value() + 1)
        })
        expect(defects).toEqual([])
        for (const { from, seen, subscription } of observers) {
          expect(seen).toEqual(committed.slice(from, from + seen.length))
          if (!subscription!.closed) expect(seen.at(-1)).toBe(state.value())
        }
      }),
      { numRuns: 1_000 },
    )
  })

  it('[CR2] [T2] a command from inside the replay follows it, also further down the pipe', () => {
    const { box, turn } = desk()
    const state = cell('Idle', box)
    const seen: string[] = []
    state.changes$
      .pipe(
        tap((value) => {
          if (value === 'Idle') turn(() => state.set('Connecting'))
        }),
        map((value) => `saw ${value}`),
      )
      .subscribe((value) => seen.push(value))
    expect(seen).toEqual(['saw Idle', 'saw Connecting'])
  })

  it('[CR4] one value can be taken, and what was unsubscribed is not told', () => {
    const { box, turn } = desk()
    const state = cell(0, box)
    const seen: string[] = []
    state.changes$.pipe(take(1)).subscribe((value) => seen.push(`one ${value}`))
    const neighbour = { stop: (): void => undefined }
    state.watch((value) => {
      seen.push(`watch ${value}`)
      neighbour.stop()
    })
    const subscription = state.watch((value) => seen.push(`neighbour ${value}`))
    neighbour.stop = () => subscription.unsubscribe()
    turn(() => state.set(1))
    expect(seen).toEqual(['one 0', 'watch 0', 'neighbour 0', 'watch 1'])
  })

  it('[CR4] completes after what was published, and tells who comes later the last value', () => {
    const { box, turn } = desk()
    const state = cell('a', box)
    const seen: string[] = []
    const see = (name: string): void => {
      state.changes$.subscribe({
        next: (value) => seen.push(`${name} ${value}`),
        complete: () => seen.push(`${name} done`),
      })
    }
    see('early')
    turn(() => {
      state.set('b')
      state.complete()
      state.complete()
      state.set('c')
    })
    see('late')
    expect(seen).toEqual(['early a', 'early b', 'early done', 'late b', 'late done'])
  })
})
