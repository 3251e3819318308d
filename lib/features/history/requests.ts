import * as E from '#fp/Either'
import type { WebSocketError } from '../../core/error.js'
import type { Result } from '../../core/result.js'
import type { Extension } from '../../kernel/extension.js'
import { refused } from '../../kernel/refusal.js'
import type { Parts } from '../../client/parts.js'
import { defaultLimits, type HistoryLimits } from './limits.js'
import type { Ask, Page, Pending } from './page.js'
import { pages, type Pages } from './pages.js'

/** The requests for earlier messages of a client. Call in a turn. */
export interface Requests extends Extension {
  /** Requests a page for a caller; answers once, unless it is given up. */
  readonly ask: (what: Ask, answered: (to: Result<Page>) => void) => Pending
  /** Requests a page for a subscription: never refused. */
  readonly follow: Pages['ask']
  readonly limits: () => HistoryLimits
  readonly configure: (limits: HistoryLimits) => void
}

export const requests = ({ kernel, rooms }: Parts): Requests => {
  const { config, deadlines, present, turns, diagnostics } = kernel
  const { counters } = diagnostics
  const callers = new Set<{ readonly pending?: Pending }>()
  let limits = defaultLimits
  let halted: WebSocketError | undefined
  const asked = pages({
    deadlines,
    backoff: config.backoff,
    random: config.random,
    limits: () => limits,
    answerMs: config.deadlines.joinMs,
    write: present.write,
    allot: rooms.joins.allot,
    refused,
    turn: turns.enter,
  })
  const fail = (because: WebSocketError): void => {
    for (const { pending } of [...callers]) pending?.giveUp(because)
  }
  return {
    ask: (what, answered) => {
      if (halted) {
        answered(E.left(halted))
        return { giveUp: () => undefined }
      }
      const caller: { pending?: Pending } = {}
      callers.add(caller)
      caller.pending = asked.ask(what, (page) => {
        callers.delete(caller)
        answered(page)
      })
      return caller.pending
    },
    follow: (what, answered) => asked.ask(what, answered, false),
    limits: () => limits,
    configure: (given) => {
      limits = given
    },
    frames: {
      h: (frame, link) => {
        link.handled++
        if (rooms.intake.isOpen() && !asked.message(frame, link.codec.payload)) counters.stale++
      },
      page: (end) => {
        if (rooms.intake.isOpen()) asked.page(end)
      },
      gap: (frame) => {
        if (rooms.intake.isOpen()) asked.gap(frame)
      },
      left: asked.left,
    },
    up: ({ can, limits: { history } }) => {
      asked.up(can.includes('history') ? history : undefined)
    },
    down: ({ poison }, isExplained) => {
      asked.down(poison === 'received' && !isExplained)
      return false
    },
    halt: (because) => {
      halted = because
      if (because) fail(because)
    },
    close: fail,
  }
}
