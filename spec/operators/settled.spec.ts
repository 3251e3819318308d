import { EMPTY, Observable, of, Subject, throwError } from 'rxjs'
import * as E from '#fp/Either'
import { settled } from '../../lib/operators/index.js'
import { world } from '../../lib/testing/world.js'
import { Chat } from '../support/chat.js'

describe('settled', () => {
  it('[OP40] is the first result of an action', async () => {
    const { client, time, end } = world()
    const lobby = client().room('lobby', Chat)
    const [joined, sent] = [settled(lobby.join()), settled(lobby.send('message', { text: 'a' }))]
    time.advanceBy(100)
    expect([E.isRight(await joined), E.isRight(await sent)]).toEqual([true, true])
    expect(end()).toBe(0)
  })

  it('[OP40] unsubscribes after the first result, also where it comes at once', async () => {
    const subject = new Subject<E.Either<string, number>>()
    const first = settled(subject)
    subject.next(E.right(1))
    subject.next(E.right(2))
    expect([await first, subject.observed]).toEqual([E.right(1), false])
    let subscribers = 0
    const atOnce = new Observable<E.Either<string, number>>((to) => {
      subscribers++
      to.next(E.left('no'))
      return () => subscribers--
    })
    expect([await settled(atOnce), subscribers]).toEqual([E.left('no'), 0])
  })

  it.each<[string, Observable<E.Either<string, number>>, string]>([
    ['completes empty', EMPTY, 'stream/empty'],
    ['errors', throwError(() => new Error('boom')), 'stream/failed'],
    ['errors with nothing', throwError(() => undefined), 'stream/failed'],
  ])('[OP40] never rejects: a stream that %s is a Left', async (_, stream, code) => {
    expect(await settled(stream)).toMatchObject({ left: { _tag: 'StreamError', name: 'StreamError', code } })
  })

  it('[OP40] never rejects: a stream that throws when it is subscribed to is a Left', async () => {
    const stream = {
      subscribe: () => {
        throw new Error('boom')
      },
    }
    expect(await settled(stream)).toMatchObject({
      left: { code: 'stream/failed', message: 'The stream errored: boom' },
    })
  })

  it('[OP41] takes a stream by its shape: that of another copy of rxjs, which knows observers and nothing more', async () => {
    const foreign = {
      subscribe: ({ next }: { readonly next: (result: E.Either<string, number>) => void }) => {
        next(E.right(7))
        return { unsubscribe: () => undefined }
      },
    }
    expect(await settled(foreign)).toEqual(E.right(7))
  })

  it('[OP40] never rejects: an invalid option is a Left, and null is none', async () => {
    for (const options of [{ sgnal: 1 }, { withinMs: 0 }, { signal: 5 }, 'x'])
      expect(await settled(of(E.right(1)), options as never)).toMatchObject({ left: { code: 'config/invalid' } })
    expect(await settled(of(E.right(1)), null)).toEqual(E.right(1))
  })

  it('[OP41] ends after withinMs, and leaves no timer behind', async () => {
    jest.useFakeTimers()
    const subject = new Subject<E.Either<string, number>>()
    const waiting = settled(subject, { withinMs: 3_000 })
    jest.advanceTimersByTime(2_999)
    expect(subject.observed).toBe(true)
    jest.advanceTimersByTime(1)
    expect([await waiting, subject.observed]).toMatchObject([{ left: { code: 'stream/timeout' } }, false])
    const answered = settled(of(E.right(1)), { withinMs: 3_000 })
    expect([await answered, jest.getTimerCount()]).toEqual([E.right(1), 0])
    jest.useRealTimers()
  })

  it('[OP41] ends with its signal: aborted before, while it waits, and afterwards', async () => {
    const [before, meanwhile, after] = [new AbortController(), new AbortController(), new AbortController()]
    before.abort()
    const subject = new Subject<E.Either<string, number>>()
    expect(await settled(subject, { signal: before.signal })).toMatchObject({ left: { code: 'stream/aborted' } })
    const waiting = settled(subject, { signal: meanwhile.signal })
    expect(subject.observed).toBe(true)
    meanwhile.abort()
    expect([await waiting, subject.observed]).toMatchObject([{ left: { code: 'stream/aborted' } }, false])
    const done = settled(of(E.right(1)), { signal: after.signal })
    after.abort()
    expect(await done).toEqual(E.right(1))
  })
})
