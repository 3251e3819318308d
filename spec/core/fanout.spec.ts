import { Observable, type Subscription } from 'rxjs'
import { Fanout } from '../../lib/core/fanout.js'

const rig = () => {
  const fanout = new Fanout<number>()
  const values$ = new Observable<number>((to) => {
    fanout.add(to)
    return () => fanout.remove(to)
  })
  return { fanout, values$ }
}

describe('a fan-out', () => {
  it('[CR2] tells all who are there when a value comes, in the order they came; who comes meanwhile gets the next', () => {
    const { fanout, values$ } = rig()
    const seen: string[] = []
    values$.subscribe((value) => {
      seen.push(`a${value}`)
      if (value === 1) values$.subscribe((later) => seen.push(`c${later}`))
    })
    values$.subscribe((value) => seen.push(`b${value}`))
    fanout.next(1)
    fanout.next(2)
    expect(seen).toEqual(['a1', 'b1', 'a2', 'b2', 'c2'])
  })

  it('[CR2] who is unsubscribed while a value is told does not get it any more', () => {
    const { fanout, values$ } = rig()
    const seen: string[] = []
    const others: Subscription[] = []
    const mine = values$.subscribe((value) => {
      seen.push(`a${value}`)
      mine.unsubscribe()
      others[0]?.unsubscribe()
    })
    others.push(values$.subscribe((value) => seen.push(`b${value}`)))
    values$.subscribe((value) => seen.push(`c${value}`))
    fanout.next(1)
    fanout.next(2)
    expect(seen).toEqual(['a1', 'c1', 'c2'])
  })

  it('[CR2] the only one there may bring another', () => {
    const { fanout, values$ } = rig()
    const seen: string[] = []
    const first = values$.subscribe((value) => {
      seen.push(`a${value}`)
      first.unsubscribe()
      values$.subscribe((later) => seen.push(`b${later}`))
    })
    fanout.next(1)
    fanout.next(2)
    expect(seen).toEqual(['a1', 'b2'])
  })

  it('[CR2] completes everybody and keeps nobody', () => {
    const { fanout, values$ } = rig()
    let completed = 0
    for (let n = 0; n < 3; n++) values$.subscribe({ complete: () => completed++ })
    expect(fanout.observed).toBe(true)
    fanout.complete()
    expect([completed, fanout.observed]).toEqual([3, false])
  })
})
