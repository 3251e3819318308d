import { pageHints } from '../../lib/client/hints.js'
import type { Hint } from '../../lib/core/ports.js'

/** Runs where the global object is what events come to, as in workers, beside a document or without one. */
const inScope = (globals: object, work: (scope: EventTarget, listeners: () => number) => void): void => {
  const target = new EventTarget()
  const listening = new Set<string>()
  const scope = {
    addEventListener: (type: string, listener: (event: Event) => void) => {
      listening.add(type)
      target.addEventListener(type, listener)
    },
    removeEventListener: (type: string, listener: (event: Event) => void) => {
      listening.delete(type)
      target.removeEventListener(type, listener)
    },
    ...globals,
  }
  const before = Object.keys(scope).map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const)
  for (const [name, value] of Object.entries(scope))
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
  try {
    work(target, () => listening.size)
  } finally {
    for (const [name, descriptor] of before) {
      if (descriptor) Object.defineProperty(globalThis, name, descriptor)
      else Reflect.deleteProperty(globalThis, name)
    }
  }
}

describe('hints', () => {
  it('[RT13] come from the global object of a worker, which has no document', () => {
    inScope({}, (scope, listeners) => {
      const heard: Hint[] = []
      expect(listeners()).toBe(0)
      const subscription = pageHints.subscribe((hint) => heard.push(hint))
      for (const type of ['offline', 'online', 'visibilitychange']) scope.dispatchEvent(new Event(type))
      expect(heard).toEqual(['offline', 'online'])
      subscription.unsubscribe()
      expect(listeners()).toBe(0)
      scope.dispatchEvent(new Event('online'))
      expect(heard).toHaveLength(2)
    })
  })

  it('[RT13] come from the connection in a worker that hears no event, as in Chromium, where it is online or not alone', () => {
    const connection = new EventTarget()
    const navigator = { onLine: true, connection }
    const heard: Hint[] = []
    const change = (onLine: boolean) => {
      navigator.onLine = onLine
      connection.dispatchEvent(new Event('change'))
    }
    inScope({ navigator }, () => {
      const subscription = pageHints.subscribe((hint) => heard.push(hint))
      for (const onLine of [true, false, false, true, true]) change(onLine)
      expect(heard).toEqual(['offline', 'online'])
      subscription.unsubscribe()
      change(false)
      expect(heard).toHaveLength(2)
    })
    inScope({ navigator, ononline: null }, (scope) => {
      const subscription = pageHints.subscribe((hint) => heard.push(hint))
      change(true)
      scope.dispatchEvent(new Event('online'))
      expect(heard.slice(2)).toEqual(['online'])
      subscription.unsubscribe()
    })
  })

  it('[RT13] are silent where nothing tells of the surroundings, as in Node', () => {
    const heard: Hint[] = []
    pageHints.subscribe((hint) => heard.push(hint)).unsubscribe()
    expect(heard).toEqual([])
  })
})
