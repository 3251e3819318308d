import { concatMap, delay, map, merge, of } from 'rxjs'
import * as E from '#fp/Either'
import { failure } from '../../../lib/store/failure.js'
import { leased } from '../../../lib/store/leased.js'
import { memory, memoryShelf } from '../../../lib/store/memory.js'
import type { Partition, Store } from '../../../lib/store/port.js'
import { storeSuite } from '../../../lib/testing/conformance/store.js'

/** The cases that a store fails. */
const failures = async (make: () => Store): Promise<readonly string[]> => {
  const failed: string[] = []
  const suite = storeSuite(() => {
    const store = make()
    return { store: () => store }
  })
  for (const { name, run } of suite) {
    const said = await run().then(
      () => '',
      (thrown: unknown) => (thrown as Error).message,
    )
    if (said !== '') failed.push(name)
  }
  return failed
}

const held = (change: (partition: Partition) => Partial<Partition>) => (): Store => {
  const store = memory()
  return {
    ...store,
    open: (scope, purpose) =>
      store.open(scope, purpose).pipe(map(E.map((partition) => ({ ...partition, ...change(partition) })))),
  }
}

describe('the suite of stores', () => {
  it('[ST9] passes a store that keeps to the rules', async () => {
    expect(await failures(memory)).toEqual([])
  })

  it('[ST9] [ST36] finds a store that makes the changes of a batch one after the other', async () => {
    let left = 0
    const kept = memory()
    const oneByOne: Store = {
      ...kept,
      open: (...given) =>
        kept.open(...given).pipe(
          map(
            E.map((partition) => ({
              ...partition,
              write: (changes) => {
                for (const change of changes) {
                  if (left > 0 && --left === 0) return of(E.left(failure('failed', 'made to fail')))
                  partition.write([change])
                }
                return partition.write([])
              },
            })),
          ),
        ),
    }
    const interrupt = (at: number) => {
      left = at
      return () => left === 0 || ((left = 0), false)
    }
    const suite = storeSuite(() => ({ store: () => oneByOne, interrupt }), { interrupts: true })
    const { run } = suite.find(({ name }) => name.includes('[ST36]'))!
    await expect(run()).rejects.toThrow('after a failure at step 2')
  })

  it.each<[string, () => Store, string]>([
    [
      'drops every second change',
      held(({ write }) => ({ write: (changes) => write(changes.filter((_, at) => at % 2 === 0)) })),
      'ST1',
    ],
    ['makes changes in reverse', held(({ write }) => ({ write: (changes) => write([...changes].reverse()) })), 'ST1'],
    [
      'writes when somebody listens',
      held(({ write }) => ({ write: (changes) => of(undefined).pipe(concatMap(() => write(changes))) })),
      'ST1',
    ],
    [
      'trims texts',
      held(({ write }) => ({
        write: (changes) =>
          write(
            changes.map((change) => (change.text === undefined ? change : { ...change, text: change.text.trim() })),
          ),
      })),
      'ST2',
    ],
    ['answers twice', held(({ write }) => ({ write: (changes) => merge(write(changes), write([])) })), 'ST1'],
    ['gives no lease back', held(() => ({ close: () => of(E.right(undefined)) })), 'ST1'],
    [
      'knows no owners',
      () => {
        const store = memory()
        return { ...store, open: (scope) => store.open({ ...scope, user: '' }) }
      },
      'ST6',
    ],
    ['erases nothing', () => ({ ...memory(), erase: () => of(E.right(undefined)) }), 'ST7'],
    [
      'lets everybody in',
      () =>
        leased({
          shelf: memoryShelf(),
          locks: () => of({ release: () => of(undefined) }),
          leaving$: of(),
          scheduler: {
            now: () => 0,
            schedule: () => {
              throw new Error('no timers')
            },
          } as never,
          wall: () => 0,
          ids: () => 'same',
          leaseMs: 0,
        }),
      'ST4',
    ],
    [
      'does not fence',
      held(({ write }) => ({ write: (changes) => write(changes).pipe(map(() => E.right(undefined))) })),
      'ST5',
    ],
    [
      'opens late and out of turn',
      () => {
        const store = memory()
        return {
          ...store,
          open: (scope) => store.open(scope).pipe(delay(0), map(E.map((partition) => ({ ...partition, token: 1 })))),
        }
      },
      'ST4',
    ],
  ])('[ST9] finds a store that %s', async (_, make, rule) => {
    // prettier-ignore
    expect((await failures(make)).map((name) => /ST\d/.exec(name)?.[0])).toContain(rule)
  })
})
