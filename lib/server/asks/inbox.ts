import * as E from '#fp/Either'
import type { Context } from '../context.js'
import { type EngineFeed, engineFeed } from '../engine-feed.js'
import type { Feed } from '../engine.js'
import { type NodeSignal, readSignal } from './signals.js'

/** The messages of other servers to this one, about calls to members. */
export interface Inbox {
  /** Opens it at the first call. Calls `then` once it is open. */
  readonly open: (then: () => void) => void
  readonly isOpen: () => boolean
  readonly send: (to: string, signal: NodeSignal) => void
  readonly close: () => void
}

/** The room of the engine whose signals a server gets. Nobody joins it. */
const roomOf = (server: string): string => `@asks/${server}`

/** `name` returns the name of this server. `take` gets each message with the name of its server. */
export const inbox = (
  context: Context,
  name: () => string,
  take: (signal: NodeSignal, from: string) => void,
): Inbox => {
  const { engine } = context.settings
  let feed: EngineFeed | undefined
  let isOpen = false
  let waiting: (() => void)[] = []

  const begin = (): EngineFeed =>
    engineFeed<Feed>(context, {
      room: roomOf(name()),
      follow: () => engine.follow(roomOf(name())),
      take: (item) => {
        if (item._tag === 'Signal') {
          const signal = readSignal(item.signal.data)
          if (signal) take(signal, item.signal.from[1])
          else context.fault({ where: 'engine', message: 'a message of another server about calls has no known form' })
        } else if (item._tag === 'Base') {
          isOpen = true
          for (const then of waiting.splice(0)) then()
        }
      },
      lost: () => {
        isOpen = false
      },
    })
  return {
    open: (then) => {
      if (isOpen) then()
      else {
        waiting.push(then)
        feed ??= begin()
      }
    },
    isOpen: () => isOpen,
    send: (to, signal) => {
      const { signal: announce } = engine
      if (!announce) return
      context.engine(
        () => announce(roomOf(to), { event: `@${signal.t}`, from: ['', name()], data: JSON.stringify(signal) }),
        (answer) => {
          if (E.isLeft(answer)) context.fault({ where: 'engine', message: answer.left })
        },
      )
    },
    close: () => {
      waiting = []
      feed?.close()
    },
  }
}
