import type { Link } from '../connection/link.js'
import type { Deadline, Deadlines } from '../core/deadlines.js'
import type { Turns } from './turns.js'

/** Acknowledges handled frames to the server of one link, so that it keeps sending. */
export interface FlowControl {
  /** Records handled bytes; `unseenBytes` is the server's window of unacknowledged bytes. */
  readonly received: (bytes: number, unseenBytes: number) => void
  readonly stop: () => void
}

const everyMs = 1_000

/** Acknowledges once a second, and whenever more than a quarter of the server's window was handled. */
export const flowControl = (link: Link, deadlines: Deadlines, turns: Turns): FlowControl => {
  let unseen = 0
  let due: Deadline | undefined

  const tell = (): void => {
    unseen = 0
    link.control({ t: 'seen', n: link.handled })
  }
  return {
    received: (bytes, unseenBytes) => {
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
