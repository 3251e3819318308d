import { defer, EMPTY, fromEvent, map, merge, type Observable } from 'rxjs'
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

/**
 * Hints of a page, or of a web worker, which has `online` and `offline` and no document; silent where there are neither, as in
 * Node and React Native. Listens only while it is subscribed.
 */
export const pageHints: Observable<Hint> = /*#__PURE__*/ defer(() => {
  const { document: page } = globalThis as { readonly document?: Page }
  return merge(
    told(globalThis, 'online', () => 'online'),
    told(globalThis, 'offline', () => 'offline'),
    told(globalThis, 'pageshow', () => 'resumed'),
    told(page, 'visibilitychange', () => (page?.visibilityState === 'hidden' ? 'hidden' : 'visible')),
    told(page, 'freeze', () => 'frozen'),
    told(page, 'resume', () => 'resumed'),
  )
})
