import * as E from '#fp/Either'
import { ackTimeout } from './ack-timeout.js'
import type { Contents } from './contents.js'
import { disowned, poison as poisonous } from './error.js'
import type { Message } from './message.js'
import type { NegotiatedLimits, OutboxNeeds, Sender, Writer } from './model.js'
import { replies } from './replies.js'
import { writing } from './writing.js'

/** The sender as the outbox uses it. */
export interface OutboxSender extends Sender {
  /** Stores a queued message, if it was posted, and requests a connection. */
  readonly queued: (message: Message) => void
  readonly close: () => void
}

/** A link that is up, with its terms. */
interface Target {
  readonly writer: Writer
  readonly terms: NegotiatedLimits
  /** The server said goodbye: no new publishes. */
  readonly isLeaving: boolean
}

export const sender = (needs: OutboxNeeds, contents: Contents): OutboxSender => {
  const { journal } = needs

  let target: Target | undefined
  let { user } = needs
  const acks = ackTimeout({
    deadlines: needs.deadlines,
    ackMs: needs.config.ackMs,
    inFlight: contents.inFlight,
    overdue: needs.overdue,
  })
  const write = writing(needs, contents, acks.expect)
  /** Has a posted message stored as one that may be written on this link. */
  const prepare = (message: Message, terms: NegotiatedLimits): void => {
    if (journal && !journal.isReady(message, terms)) journal.keep(message, terms)
  }

  return {
    queued: (message) => {
      if (!target) needs.need()
      if (!message.kept) journal?.keep(message, target?.terms)
      else if (target) prepare(message, target.terms)
    },
    up: (writer, terms, welcomed) => {
      // Messages of one user are never sent in the name of another, nor are their receipts given to another.
      if (user !== undefined && user !== welcomed) {
        contents.settleAll(disowned)
        contents.known.forget()
      }
      user = welcomed
      target = { writer, terms, isLeaving: false }
      for (const message of contents.held()) prepare(message, terms)
    },
    agree: (agreed) => {
      if (target) target = { ...target, terms: { ...target.terms, ...agreed } }
    },
    down: (beyondBytes) => {
      target = undefined
      acks.stop()
      const back = [...contents.inFlight.values()]
      back.forEach(contents.requeue)
      if (beyondBytes === undefined) return false
      const { sole, isConvicted } = contents.poison.linkClosed(back, beyondBytes)
      if (sole && isConvicted) {
        contents.totals.fates.quarantined++
        contents.settle(sole, E.left(poisonous(sole)))
      }
      return sole !== undefined
    },
    pause: () => {
      if (target) target = { ...target, isLeaving: true }
    },
    flush: () => {
      if (target && !target.isLeaving) write(target.writer, target.terms)
    },
    ...replies(needs, contents, () => target?.terms.durability, acks.answered),
    close: acks.stop,
  }
}
