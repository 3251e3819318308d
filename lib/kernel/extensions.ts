import { EMPTY, type Observable } from 'rxjs'
import type { Link } from '../connection/link.js'
import type { Input, Output } from '../connection/model.js'
import type { WebSocketError } from '../core/error.js'
import type { Welcome } from '../protocol/frame.js'
import type { Extension, FrameHandlers, LinkEnd, OutputHandlers } from './extension.js'

/** The extensions of a client, as one. Call in a turn. */
export interface Extensions {
  /** In the order in which they were added. */
  readonly all: readonly Extension[]
  readonly frames: Partial<FrameHandlers>
  readonly add: (extension: Extension) => void
  readonly output: (output: Output) => void
  readonly up: (welcome: Welcome, link: Link) => void
  readonly agreed: (welcome: Welcome) => void
  readonly handled: (bytes: number, link: Link) => void
  readonly expected: (link: Link) => Input | undefined
  readonly liveness: () => Observable<Input>
  /** Returns true if a message of an extension may have caused the end. */
  readonly down: (end: LinkEnd) => boolean
  readonly halt: (because: WebSocketError | undefined) => void
  /** Ends a turn: completes its steps, calls `write`, then stores and shows the result. */
  readonly flush: (write: () => void) => void
  readonly write: (link: Link) => void
  readonly close: (because: WebSocketError) => void
}

export const extensions = (): Extensions => {
  const all: Extension[] = []
  const frames: Partial<FrameHandlers> = {}
  const outputs: Partial<OutputHandlers> = {}
  return {
    all,
    frames,
    add: (extension) => {
      all.push(extension)
      Object.assign(frames, extension.frames)
      Object.assign(outputs, extension.outputs)
    },
    output: (output) => {
      const take = outputs[output._tag] as ((output: Output) => void) | undefined
      take?.(output)
    },
    up: (welcome, link) => {
      for (const { up } of all) up?.(welcome, link)
    },
    agreed: (welcome) => {
      for (const { agreed } of all) agreed?.(welcome)
    },
    handled: (bytes, link) => {
      for (const { handled } of all) handled?.(bytes, link)
    },
    expected: (link) => first(all, ({ expected }) => expected?.(link)),
    liveness: () => first(all, ({ liveness }) => liveness?.()) ?? EMPTY,
    down: (end) => {
      let isExplained = false
      for (const { down } of all) if (down?.(end, isExplained) === true) isExplained = true
      return isExplained
    },
    halt: (because) => {
      for (const { halt } of all) halt?.(because)
    },
    flush: (write) => {
      for (const { step } of all) step?.()
      write()
      for (const { flush } of all) flush?.()
    },
    write: (link) => {
      for (const { write } of all) write?.(link)
    },
    close: (because) => {
      for (const { close } of all) close?.(because)
      for (const { flush } of all) flush?.()
    },
  }
}

/** The first answer that is not `undefined`. */
const first = <T>(all: readonly Extension[], ask: (one: Extension) => T | undefined): T | undefined => {
  for (const one of all) {
    const answer = ask(one)
    if (answer !== undefined) return answer
  }
  return undefined
}
