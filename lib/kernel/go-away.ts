import type { Link } from '../connection/link.js'
import type { Input } from '../connection/model.js'
import type { Deadline } from '../core/deadlines.js'
import type { Bye } from '../protocol/frame.js'
import type { Extension } from './extension.js'
import type { Kernel } from './kernel.js'
import { refused } from './refusal.js'

interface Goodbye {
  readonly link: Link
  readonly bye: Bye
  readonly deadline: Deadline
}

/** Leaves a server that says goodbye: at its `bye.done`, or once its drain time is over. */
export const goAway = (kernel: Kernel): Extension => {
  const { present, deadlines, diagnostics } = kernel
  let goodbye: Goodbye | undefined

  /** The end of the link, as the server announced it. */
  const inputOf = ({ link: { generation }, bye }: Goodbye): Input => {
    if (bye.reconnect === 'never') return { _tag: 'Dismissed', generation }
    const { afterMs: retryAfterMs, spreadMs } = bye.reconnect
    const message = `The server said goodbye: ${diagnostics.secrets.hide(bye.because).slice(0, 128)}.`
    const because = refused('', { code: 'server/bye', message, kind: 'retry', retryAfterMs, spreadMs })
    return { _tag: 'Lost', generation, because }
  }
  const leave = (): void => {
    if (goodbye && present.link() === goodbye.link) kernel.send(inputOf(goodbye))
  }
  return {
    frames: {
      bye: (bye, link) => {
        for (const { leaving } of kernel.extensions) leaving?.()
        goodbye?.deadline.cancel()
        goodbye = { link, bye, deadline: deadlines.after(bye.drainMs, leave) }
      },
      'bye.done': leave,
    },
    expected: (link) => (goodbye?.link === link ? inputOf(goodbye) : undefined),
    down: () => {
      goodbye?.deadline.cancel()
      goodbye = undefined
      return false
    },
  }
}
