import { Observable, Subject } from 'rxjs'
import * as E from '#fp/Either'
import { deadlines } from '../../lib/core/deadlines.js'
import type { Hint } from '../../lib/core/ports.js'
import type { Recalled } from '../../lib/session/persistence.js'
import type { Posted } from '../../lib/outbox/journal.js'
import { postRecord } from '../../lib/session/records.js'
import { persistence } from '../../lib/session/persistence.js'
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
      options: {
        openMs: 5_000,
        waitMs: 90_000,
        positionMs: 60_000,
        writeMs: 10_000,
        positions: 10,
        partitions: 2,
        damaged: 2,
      },
      clocks: { now: () => time.now(), wall: () => time.now() },
      deadlines: deadlines(time),
      hints$,
      ids: () => 'i',
      turn: (task) => {
        task()
        kept.flush()
      },
      report: (message) => told.push(message),
      adopt: () => undefined,
      lost: () => undefined,
    })
    return {
      ...kept,
      journal: {
        ...kept.journal,
        put: (posted: Posted) =>
          new Observable<'stored' | 'failed'>((to) => {
            kept.journal.put(posted).subscribe(to)
            kept.flush()
          }),
      },
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
  return { time, store, hints$, told, life, stored }
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
    expect(second.positions.get('c')).toEqual({ position: { epoch: 'E', offset: 3 }, offered: 3 })
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

  it('[ST11] what was posted keeps its rank when it is noted anew; what comes next is ranked after all that are there', () => {
    const { store, life, stored } = started()
    const posted = (seq: number): Posted => ({ id: `${seq}`, room: 'r', event: 'e', text: '1', bytes: 1, isPosted: true, producer: 'p', seq, since: 0, writtenAt: undefined, lanes: undefined }) // prettier-ignore
    const ranks = (): readonly unknown[] =>
      Object.entries(stored()).flatMap(([key, text]) =>
        key.startsWith('post ') ? [[key, (JSON.parse(text) as { rank?: number }).rank]] : [],
      )
    const first = life()
    const put = (seq: number, to = first): void => {
      to.journal.put(posted(seq)).subscribe()
    }
    put(1)
    put(2)
    put(1)
    put(3)
    first.journal.remove(posted(3))
    first.leave()
    expect(ranks()).toEqual([['post ["p",1]', 0], ['post ["p",2]', 1]]) // prettier-ignore
    const other = see(store.open({ ...owner, instance: 'other' })).only()
    if (E.isLeft(other)) throw new Error(other.left.because)
    other.right.write([postRecord({ ...posted(9), producer: 'q' }, { now: () => 0, wall: () => 0 }, 7)])
    other.right.close()
    stored()
    const second = life()
    put(4, second)
    put(2, second)
    second.leave()
    expect(ranks()).toEqual(
      expect.arrayContaining([['post ["p",1]', 0], ['post ["p",2]', 1], ['post ["q",9]', -1], ['post ["p",4]', 2]]), // prettier-ignore
    )
  })
})
