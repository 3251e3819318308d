import { defer, distinctUntilChanged, EMPTY, fromEvent, map, merge, type Observable, skip, startWith } from 'rxjs'
import type { Hint } from '../core/ports.js'

interface Target {
  readonly addEventListener: (type: string, listener: (event: unknown) => void) => void
  readonly removeEventListener: (type: string, listener: (event: unknown) => void) => void
}
interface Page extends Target {
  readonly visibilityState?: string
}

const isTarget = (value: unknown): value is Target =>
  typeof value === 'object' && value !== null && 'addEventListener' in value && 'removeEventListener' in value

const told = (target: unknown, type: string, hint: () => Hint): Observable<Hint> =>
  isTarget(target) ? fromEvent(target, type).pipe(map(hint)) : EMPTY

interface Device {
  readonly onLine?: boolean
  readonly connection?: unknown
}

/**
 * The network as the workers of Chromium tell it: they hear no `online` and `offline`, but `navigator.connection` tells them
 * of a change. It tells of speeds too: only a change of `onLine` is a hint.
 */
const connectionHints = (): Observable<Hint> => {
  const { navigator: device } = globalThis as { readonly navigator?: Device }
  if ('ononline' in globalThis || !device) return EMPTY
  const now = (): Hint => (device.onLine === false ? 'offline' : 'online')
  return told(device.connection, 'change', now).pipe(startWith(now()), distinctUntilChanged(), skip(1))
}

/**
 * Hints of a page, or of a web worker, which has no document and hears `online` and `offline`, or a change of the connection
 * in Chromium; silent where there is none of them, as in Node and React Native. Listens only while it is subscribed.
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
