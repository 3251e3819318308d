import { runInNewContext } from 'node:vm'
import { deadlines } from '../../lib/core/deadlines.js'
import { type AbortSignalLike, isAborted, isAbortSignal, watchWait } from '../../lib/core/wait.js'
import { virtualTime } from '../../lib/testing/virtual.js'

/** A signal that counts its listeners. */
const counted = () => {
  const listeners = new Set<() => void>()
  const signal = {
    aborted: false,
    addEventListener: (_: 'abort', listener: () => void) => void listeners.add(listener),
    removeEventListener: (_: 'abort', listener: () => void) => void listeners.delete(listener),
  }
  return { signal, listeners, abort: () => { for (const listener of listeners) listener() } } // prettier-ignore
}

const hostile: AbortSignalLike = {
  get aborted(): boolean {
    throw new Error('no')
  },
  addEventListener: () => {
    throw new Error('no')
  },
  removeEventListener: () => {
    throw new Error('no')
  },
}

describe('watchWait', () => {
  it('[CT19] tells the first of both, once, and leaves neither a listener nor a timer', () => {
    const time = virtualTime()
    const [first, second] = [counted(), counted()]
    const cut = jest.fn()
    watchWait({ signal: first.signal, withinMs: 100 }, deadlines(time), cut)
    first.abort()
    expect([cut.mock.calls, first.listeners.size, time.pending()]).toEqual([[['aborted']], 0, 0])
    watchWait({ signal: second.signal, withinMs: 100 }, deadlines(time), cut)
    time.advanceBy(100)
    second.abort()
    expect([cut.mock.calls, second.listeners.size, time.pending()]).toEqual([[['aborted'], ['timeout']], 0, 0])
  })

  it('[CT19] stopped, it tells nothing and leaves nothing', () => {
    const time = virtualTime()
    const { signal, listeners, abort } = counted()
    const cut = jest.fn()
    watchWait({ signal, withinMs: 100 }, deadlines(time), cut)()
    abort()
    time.advanceBy(1_000)
    expect([cut.mock.calls.length, listeners.size, time.pending()]).toEqual([0, 0, 0])
  })

  it('[CT19] a signal that throws disturbs nothing', () => {
    const time = virtualTime()
    const cut = jest.fn()
    watchWait({ signal: hostile, withinMs: 100 }, deadlines(time), cut)
    time.advanceBy(100)
    expect([cut.mock.calls, isAborted(hostile), isAbortSignal(hostile)]).toEqual([[['timeout']], false, false])
  })
})

describe('isAbortSignal', () => {
  it('[CT19] knows signals by their shape: of this realm, of another, and polyfills', () => {
    const other: unknown = runInNewContext(
      `({ aborted: false, addEventListener() {}, removeEventListener() {}, reason: undefined })`,
    )
    for (const signal of [new AbortController().signal, other, counted().signal])
      expect(isAbortSignal(signal)).toBe(true)
    for (const value of [null, undefined, 7, 'aborted', {}, new AbortController(), () => undefined])
      expect(isAbortSignal(value)).toBe(false)
  })
})
