import type * as Rxjs from 'rxjs'
import { anything } from '../../lib/contract/contract.js'
import { world } from '../../lib/testing/world.js'
import { right, see } from '../support/seen.js'

/** Another copy of rxjs, as monorepos, plugins and bundles bring it. */
const another = (): typeof Rxjs => {
  let copy: typeof Rxjs | undefined
  jest.isolateModules(() => {
    copy = jest.requireActual<typeof Rxjs>('rxjs')
  })
  return copy!
}

describe('a second copy of rxjs', () => {
  const other = another()
  const stop$ = new other.Subject<void>()
  const uses: readonly (readonly [string, (source$: Rxjs.Observable<unknown>) => void])[] = [
    ['firstValueFrom', (source$) => void other.firstValueFrom(source$)],
    ['take', (source$) => void source$.pipe(other.take(1)).subscribe()],
    ['takeUntil', (source$) => void source$.pipe(other.takeUntil(stop$)).subscribe()],
    [
      'switchMap',
      (source$) =>
        void other
          .of(1)
          .pipe(
            other.switchMap(() => source$),
            other.take(1),
          )
          .subscribe(),
    ],
    ['first of a merge', (source$) => void other.firstValueFrom(other.merge(source$, other.NEVER))],
    ['a projection', (source$) => void source$.pipe(other.map(String), other.take(1)).subscribe()],
    [
      'a subscriber',
      (source$) => {
        new other.Observable((to) => source$.subscribe(to)).subscribe().unsubscribe()
      },
    ],
  ]

  it.each(uses)('[RT2] lets go of a room when it is done: %s', async (_, use) => {
    const { Observable } = await import('rxjs')
    expect(other.Observable).not.toBe(Observable)
    const { client, time, end } = world()
    const [ana, ben] = [client(), client()]
    const room = ana.room('lobby', anything)
    use(room.on('message'))
    time.advanceBy(100)
    ben.room('lobby', anything).post('message', 1)
    time.advanceBy(100)
    stop$.next()
    const left = see(room.leave())
    time.advanceBy(100)
    expect(right(left.only())).toEqual({ stillHeldBy: 0 })
    expect(end()).toBe(0)
  })
})
