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
  Object.assign(globalThis, scope)
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

  it('[RT13] are silent where nothing tells of the surroundings, as in Node', () => {
    const heard: Hint[] = []
    let isOver = false
    pageHints.subscribe({
      next: (hint) => heard.push(hint),
      complete: () => {
        isOver = true
      },
    })
    expect(isOver).toBe(true)
    expect(heard).toEqual([])
  })
})
