import { Observable } from 'rxjs'
import type { Hint } from '../core/ports.js'
import { hasMethods } from '../core/shape.js'

interface Target {
  readonly addEventListener: (type: string, listener: () => void) => void
  readonly removeEventListener: (type: string, listener: () => void) => void
}
interface Page extends Target {
  readonly visibilityState?: string
}
interface Device {
  readonly onLine?: boolean
  readonly connection?: unknown
}

/**
 * Hints of a page, or of a web worker, which has no document. Chromium's workers get no `online` and `offline` either, but
 * `navigator.connection` reports changes: also those of speed, so only a change of `onLine` is a hint. Silent where none
 * exist, as in Node and React Native. Listens only while subscribed.
 */
export const pageHints: Observable<Hint> = /*#__PURE__*/ new Observable((to) => {
  const { document: page, navigator: device } = globalThis as { readonly document?: Page; readonly navigator?: Device }
  const on = (target: unknown, type: string, hintOf: () => Hint | undefined): void => {
    if (!isTarget(target)) return
    const listener = (): void => {
      const hint = hintOf()
      if (hint) to.next(hint)
    }
    target.addEventListener(type, listener)
    to.add(() => {
      target.removeEventListener(type, listener)
    })
  }
  on(globalThis, 'online', () => 'online')
  on(globalThis, 'offline', () => 'offline')
  on(globalThis, 'pageshow', () => 'resumed')
  on(page, 'visibilitychange', () => (page?.visibilityState === 'hidden' ? 'hidden' : 'visible'))
  on(page, 'freeze', () => 'frozen')
  on(page, 'resume', () => 'resumed')
  if ('ononline' in globalThis || !device) return
  const isOnline = (): boolean => device.onLine !== false
  let before = isOnline()
  on(device.connection, 'change', () => {
    if (isOnline() === before) return undefined
    before = !before
    return before ? 'online' : 'offline'
  })
})

const isTarget = (value: unknown): value is Target => hasMethods(value, 'addEventListener', 'removeEventListener')
