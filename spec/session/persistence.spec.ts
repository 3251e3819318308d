import { Subject } from 'rxjs'
import * as E from '#fp/Either'
import { deadlines } from '../../lib/core/deadlines.js'
import type { Hint } from '../../lib/core/ports.js'
import { persistence, type Recalled } from '../../lib/session/persistence.js'
import { memory } from '../../lib/store/memory.js'
import { virtualTime } from '../../lib/testing/virtual.js'
import { see } from '../support/seen.js'

const owner = { url: 'wss://one.example', user: 'ana' }

const started = () => {
  const time = virtualTime()
  const store = memory()
  const hints$ = new Subject<Hint>()
  const told: string[] = []
  const life = () => {
    let known: Recalled | undefined
    const kept = persistence({
      store,
      owner: () => owner,
      options: { openMs: 5_000, positionMs: 60_000, positions: 10, partitions: 2, damaged: 2 },
      clocks: { now: () => time.now(), wall: () => time.now() },
      deadlines: deadlines(time),
      hints$,
      ids: () => 'i',
      turn: (task) => {
        task()
      },
      report: (message) => told.push(message),
      adopt: () => undefined,
      lost: () => undefined,
    })
    return {
      ...kept,
      known: () => {
        kept.recall((found) => (known = found))
        return known
      },
    }
  }
  /** What is stored, read while nobody holds it or by the holder's own words. */
  const stored = (): Readonly<Record<string, string>> => {
    const answer = see(store.open({ ...owner, instance: 'i' })).only()
    if (E.isLeft(answer)) throw new Error(answer.left.because)
    answer.right.close()
    return Object.fromEntries(answer.right.records)
  }
  return { time, hints$, told, life, stored }
}

describe('what a client keeps in a store', () => {
  it('[ST27] positions are written when the page is hidden or frozen, and when the client ends', () => {
    const { hints$, life, stored, time } = started()
    const first = life()
    first.known()
    expect(hints$.observed).toBe(true)
    first.positions.moved('a', { epoch: 'E', offset: 1 })
    hints$.next('hidden')
    first.positions.moved('b', { epoch: 'E', offset: 2 })
    hints$.next('frozen')
    first.positions.moved('c', { epoch: 'E', offset: 3 })
    hints$.next('visible')
    first.leave()
    expect(Object.keys(stored()).filter((key) => key.startsWith('position'))).toEqual([
      'position a',
      'position b',
      'position c',
    ])
    expect([hints$.observed, time.pending()]).toEqual([false, 0])
    const second = life()
    second.known()
    expect(second.positions.get('c')).toEqual({ epoch: 'E', offset: 3 })
    second.leave()
    expect(second.positions.get('c')).toBeUndefined()
  })

  it('[ST10] a session is remembered until it has ended, and each life counts', () => {
    const { life, told } = started()
    const session = { instance: 'mine', resume: 'secret', sessions: ['s'] }
    const first = life()
    expect(first.known()).toEqual({ session: undefined, life: 1 })
    first.remember(session)
    first.leave()
    const second = life()
    expect(second.known()).toEqual({ session, life: 2 })
    second.forget()
    second.leave()
    expect(life().known()).toEqual({ session: undefined, life: 3 })
    expect(told).toEqual([])
  })

  it('[ST3] left or erased it keeps nothing, and nothing waits for it', () => {
    const { life, stored } = started()
    const posted = { id: '1', room: 'r', event: 'e', text: '1', bytes: 1, isPosted: true, producer: 'p', seq: 1, since: 0, writtenAt: undefined, lanes: undefined } // prettier-ignore
    const first = life()
    first.leave()
    expect(first.known()).toBeUndefined()
    expect(see(first.journal.put(posted)).only()).toBe('failed')
    const second = life()
    expect(see(second.journal.put(posted)).only()).toBe('stored')
    expect(see(second.erase()).only()).toEqual(E.right(undefined))
    expect(see(second.journal.put(posted)).only()).toBe('failed')
    expect(stored()).toEqual({})
  })
})
