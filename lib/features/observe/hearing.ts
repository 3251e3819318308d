import { type Observable, Subject } from 'rxjs'
import type { Link } from '../../connection/link.js'
import type { Kernel } from '../../kernel/kernel.js'

/** The frames that arrive, as the ends of turns show them: a look at a counter, and nothing for each frame. */
export interface Hearing {
  /** Emits at the end of each turn with frames: the number of the last pong in it, 0 without one. */
  readonly heard$: Observable<number>
  /** The time of the last frame; `undefined` before the first connection. */
  readonly at: () => number | undefined
  /** Follows a link; `undefined`: the link has ended. */
  readonly follow: (link: Link | undefined) => void
  readonly pong: (n: number) => void
  /** Ignores the frames so far. */
  readonly begin: () => void
  /** Emits if there were frames. Call at the end of a turn. */
  readonly look: () => void
}

export const hearing = ({ deadlines, diagnostics }: Pick<Kernel, 'deadlines' | 'diagnostics'>): Hearing => {
  const { counters } = diagnostics
  const heard = new Subject<number>()
  let link: Link | undefined
  let heardAt: number | undefined
  let framesIn = 0
  let pong = 0

  /** The link knows the time of a frame only after its turn. */
  const at = (): number | undefined => (link ? Math.max(heardAt ?? 0, link.heardAt) : heardAt)
  const begin = (): void => {
    framesIn = counters.framesIn
    pong = 0
  }
  return {
    heard$: heard,
    at,
    follow: (next) => {
      heardAt = at()
      link = next
      pong = 0
    },
    pong: (n) => {
      pong = Math.max(pong, n)
    },
    begin,
    look: () => {
      if (counters.framesIn === framesIn) return
      const last = pong
      begin()
      heardAt = deadlines.now()
      heard.next(last)
    },
  }
}
