import type { Link } from '../connection/link.js'
import type { Deadline, Deadlines } from '../core/deadlines.js'
import type { Turns } from './turns.js'

/** Tells the server of one link how much was handled, so that it goes on. */
export interface Credit {
  /** Data was handled, of as many bytes, of those that the server keeps on its way. */
  readonly saw: (bytes: number, unseenBytes: number) => void
  readonly stop: () => void
}

const everyMs = 1_000

/** Once a second, and whenever a quarter of what the server keeps on its way was handled. */
export const credit = (link: Link, deadlines: Deadlines, turns: Turns): Credit => {
  let unseen = 0
  let due: Deadline | undefined

  const tell = (): void => {
    unseen = 0
    link.control({ t: 'seen', n: link.handled })
  }
  return {
    saw: (bytes, unseenBytes) => {
      unseen += bytes
      if (unseen > unseenBytes / 4) tell()
      else
        due ??= deadlines.after(everyMs, () => {
          turns.enter(() => {
            due = undefined
            if (unseen > 0) tell()
          })
        })
    },
    stop: () => {
      due?.cancel()
    },
  }
}
