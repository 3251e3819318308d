import * as E from '#fp/Either'
import { retryIn } from '../core/backoff.js'
import type { Durability, Refused } from '../protocol/frame.js'
import type { Contents } from './contents.js'
import { refused } from './error.js'
import type { InFlight, Lane, Receipt } from './message.js'
import type { OutboxNeeds, Sender } from './model.js'

/** Takes the server's answers about messages in flight; `answered` is called after each frame. */
export const replies = (
  needs: OutboxNeeds,
  contents: Contents,
  durability: () => Durability | undefined,
  answered: () => void,
): Pick<Sender, 'ack' | 'refuse'> => {
  const { inFlight, poison, totals } = contents

  const retryLater = (lane: Lane, refusal: Refused): void => {
    const ms = retryIn(needs.backoff, lane.pauses++, needs.random(), refusal)
    lane.notBefore = Math.max(lane.notBefore, needs.now() + ms)
    needs.deadlines.at(lane.notBefore, () => {
      needs.turn(() => undefined)
    })
  }
  const takeBack = (flying: InFlight, frame: Refused): void => {
    const { message, lane, isRetry } = flying
    const isExpected = lane.draining && frame.code === 'delivery/order'
    // The server certainly did not accept it: as if it had never been written.
    if (!isRetry && frame.kind === 'retry' && frame.code !== 'delivery/unavailable') message.written = undefined
    lane.draining = true
    inFlight.requeue(flying)
    poison.clear(message)
    totals.version++
    if (!isExpected) retryLater(lane, frame)
  }
  const end = (flying: InFlight, frame: Refused): void => {
    const because = refused(flying, frame)
    // A later send is a new attempt, in a new place.
    if (because.executed === 'no') flying.message.written = undefined
    contents.settle(flying, E.left(because))
  }

  return {
    ack: (frame) => {
      const [, epoch, repeated] = frame
      const kept = durability()
      for (let at = 3; at + 2 < frame.length; at += 3) {
        const flying = inFlight.get(Number(frame[at]))
        if (!flying || !kept) continue
        const { id, room } = flying.message
        const position = Object.freeze({ epoch, offset: frame[at + 1] as number })
        const receipt: Receipt = {
          id,
          room,
          position,
          at: frame[at + 2] as number,
          repeated: repeated === 1,
          durability: kept,
        }
        flying.lane.pauses = 0
        contents.settle(flying, E.right(Object.freeze(receipt)))
      }
      answered()
    },
    refuse: (frame) => {
      const flying = inFlight.get(frame.ref)
      if (!flying) return
      if (frame.kind === 'retry' || frame.kind === 'reauth') takeBack(flying, frame)
      else end(flying, frame)
      answered()
    },
  }
}
