import type { Link } from '../connection/link.js'
import type { Deadline } from '../core/deadlines.js'
import type { Extension } from './extension.js'
import type { Kernel } from './kernel.js'

/** The longest time without an acknowledgement, in ms, while data is handled. */
const everyMs = 1_000

/**
 * Acknowledges handled frames to the server, so that it keeps sending: once a second, and whenever more than a quarter
 * of the server's window was handled.
 */
export const flowControl = ({ present, deadlines }: Kernel): Extension => {
  let unseen = 0
  let due: Deadline | undefined

  const acknowledge = (link: Link): void => {
    unseen = 0
    link.control({ t: 'seen', n: link.handled })
  }
  return {
    handled: (bytes, link) => {
      unseen += bytes
      if (unseen > (present.welcome()?.limits.unseenBytes ?? Infinity) / 4) acknowledge(link)
      else
        due ??= deadlines.after(everyMs, () => {
          due = undefined
          if (unseen > 0) acknowledge(link)
        })
    },
    down: () => {
      unseen = 0
      due?.cancel()
      due = undefined
      return false
    },
  }
}
