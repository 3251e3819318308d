import type { Link } from '../connection/link.js'
import type { Deadline, Deadlines } from '../core/deadlines.js'

/** Acknowledges the handled frames of a link to its server, so that it keeps sending. */
export interface FlowControl {
  /** A message with so many bytes was read, and had logged messages. */
  readonly handled: (bytes: number) => void
  readonly stop: () => void
}

/** The longest time without an acknowledgement, in ms, while data is handled. */
const everyMs = 1_000

/** Acknowledges once a second, and whenever more than a quarter of the server's window of `unseenBytes` was handled. */
export const flowControl = (link: Link, deadlines: Deadlines, unseenBytes: () => number): FlowControl => {
  let unseen = 0
  let due: Deadline | undefined

  const acknowledge = (): void => {
    unseen = 0
    link.control({ t: 'seen', n: link.handled })
  }
  return {
    handled: (bytes) => {
      unseen += bytes
      if (unseen > unseenBytes() / 4) acknowledge()
      else
        due ??= deadlines.after(everyMs, () => {
          due = undefined
          if (unseen > 0) acknowledge()
        })
    },
    stop: () => {
      due?.cancel()
    },
  }
}
