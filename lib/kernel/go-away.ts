import type { Input } from '../connection/model.js'
import type { Deadline } from '../core/deadlines.js'
import type { Bye } from '../protocol/frame.js'
import type { Extension } from './extension.js'
import type { Kernel } from './kernel.js'
import { refused } from './refusal.js'

/** Leaves a server that says goodbye: at its `bye.done`, or once its drain time is over. */
export interface GoAway extends Extension {
  /** The meaning of the end of a link, if its server announced it. */
  readonly expected: (generation: number) => Input | undefined
}

export const goAway = (kernel: Pick<Kernel, 'deadlines' | 'diagnostics' | 'send'>): GoAway => {
  /** The end of the present link, as its server announced it. */
  let end: Extract<Input, { readonly generation: number }> | undefined
  let drained: Deadline | undefined

  const inputOf = (
    { reconnect, because: said }: Bye,
    generation: number,
  ): Extract<Input, { readonly generation: number }> => {
    if (reconnect === 'never') return { _tag: 'Dismissed', generation }
    const { afterMs: retryAfterMs, spreadMs } = reconnect
    const message = `The server said goodbye: ${kernel.diagnostics.secrets.hide(said).slice(0, 128)}.`
    const because = refused('', { code: 'server/bye', message, kind: 'retry', retryAfterMs, spreadMs })
    return { _tag: 'Lost', generation, because }
  }
  const leave = (): void => {
    if (end) kernel.send(end)
  }
  return {
    frames: {
      bye: (bye, { generation }) => {
        end = inputOf(bye, generation)
        drained?.cancel()
        drained = kernel.deadlines.after(bye.drainMs, leave)
      },
      'bye.done': leave,
    },
    expected: (generation) => (end?.generation === generation ? end : undefined),
    down: () => {
      end = undefined
      drained?.cancel()
      return false
    },
  }
}
