import { defer, distinctUntilChanged, EMPTY, fromEvent, map, merge, type Observable, skip, startWith } from 'rxjs'
import type { Hint } from '../core/ports.js'
import { hasMethods } from '../core/shape.js'

interface Target {
  readonly addEventListener: (type: string, listener: (event: unknown) => void) => void
  readonly removeEventListener: (type: string, listener: (event: unknown) => void) => void
}
interface Page extends Target {
  readonly visibilityState?: string
}

const told = (target: unknown, type: string, hint: () => Hint): Observable<Hint> =>
  hasMethods(target, 'addEventListener', 'removeEventListener') ? fromEvent(target, type).pipe(map(hint)) : EMPTY

interface Device {
  readonly onLine?: boolean
  readonly connection?: unknown
}

/**
 * Network hints in Chromium's workers: they get no `online` and `offline` events, but `navigator.connection` reports
 * changes. It reports speed changes too, so only a change of `onLine` is a hint.
 */
const connectionHints = (): Observable<Hint> => {
  const { navigator: device } = globalThis as { readonly navigator?: Device }
  if ('ononline' in globalThis || !device) return EMPTY
  const now = (): Hint => (device.onLine === false ? 'offline' : 'online')
  return told(device.connection, 'change', now).pipe(startWith(now()), distinctUntilChanged(), skip(1))
}

/**
 * Hints of a page, or of a web worker, which has no document and gets `online` and `offline`, or a connection change in
 * Chromium. Silent where none exist, as in Node and React Native. Listens only while subscribed.
 */
export const pageHints: Observable<Hint> = /*#__PURE__*/ defer(() => {
  const { document: page } = globalThis as { readonly document?: Page }
  return merge(
    told(globalThis, 'online', () => 'online'),
    told(globalThis, 'offline', () => 'offline'),
    connectionHints(),
    told(globalThis, 'pageshow', () => 'resumed'),
    told(page, 'visibilitychange', () => (page?.visibilityState === 'hidden' ? 'hidden' : 'visible')),
    told(page, 'freeze', () => 'frozen'),
    told(page, 'resume', () => 'resumed'),
  )
})
