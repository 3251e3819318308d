import * as E from '#fp/Either'
import { excerpt } from '../core/error.js'
import { guard } from '../core/guard.js'
import { readLength } from '../core/redact.js'
import { dropped, replaced } from './error.js'
import { isSpare, type Message, older } from './message.js'
import type { Incoming, Keyed, OverflowStrategy } from './model.js'

/**
 * Makes a strategy for `outbox.overflow`: a message beyond the bounds takes the place of the oldest ones that the server
 * certainly does not have; they end in `Left(delivery/dropped)`. A message for which there would still be no place is
 * rejected, and nothing is dropped.
 */
export const dropOldest = (): OverflowStrategy =>
  Object.freeze({
    fate: 'dropped',
    because: dropped,
    giveUp: ({ fits, held }: Incoming) => {
      const given: Message[] = []
      if (fits(given)) return given
      for (const each of held().filter(isSpare).sort(older)) {
        given.push(each)
        if (fits(given)) return given
      }
      return undefined
    },
  })

/**
 * Makes a strategy for `outbox.overflow`: of the messages to a room with the same key only the last waits; earlier ones
 * end in `Left(delivery/superseded)`, unless they were written already. Messages without a key (`undefined`) are never
 * replaced. Beyond the bounds it rejects. A key function that throws or returns anything but a text is a fault, and the
 * message has no key.
 */
export const coalesceByKey = (key: (message: Keyed) => string | undefined): OverflowStrategy =>
  Object.freeze({
    key: (message: Keyed, failed: (said: string) => void) => {
      const answer = guard((): unknown => key(message), readLength)
      if (E.isRight(answer) && (answer.right === undefined || typeof answer.right === 'string')) return answer.right
      failed(`coalesceByKey: ${E.isLeft(answer) ? answer.left : `it gave ${excerpt(answer.right)}`}`)
      return undefined
    },
    fate: 'superseded',
    because: replaced,
    giveUp: ({ key: given, isSpare: isNew, lane, fits }: Incoming) => {
      const earlier =
        given !== undefined && isNew ? lane.waiting.find((each) => each.key === given && isSpare(each)) : undefined
      const superseded = earlier ? [earlier] : []
      return fits(superseded) ? superseded : undefined
    },
  })
