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
  const retryLater = (lane: Lane, refusal: Refused): void => {
    const ms = retryIn(needs.backoff, lane.pauses++, needs.random(), refusal)
    lane.notBefore = Math.max(lane.notBefore, needs.deadlines.now() + ms)
    // The end of its turn writes what waits.
    needs.deadlines.at(lane.notBefore, () => undefined)
  }
  const takeBack = (flight: InFlight, frame: Refused): void => {
    const { message, isRetry } = flight
    const { lane } = message
    const isExpected = lane.draining && frame.code === 'delivery/order'
    // The server certainly did not accept it: as if it had never been written.
    if (!isRetry && frame.kind === 'retry' && frame.code !== 'delivery/unavailable') message.written = undefined
    lane.draining = true
    contents.requeue(flight)
    contents.poison.clear(message)
    if (!isExpected) retryLater(lane, frame)
  }
  const end = (flight: InFlight, frame: Refused): void => {
    const because = refused(flight, frame)
    // A later send is a new attempt, in a new place.
    if (because.executed === 'no') flight.message.written = undefined
    contents.settle(flight.message, E.left(because))
  }

  return {
    ack: (frame) => {
      const [, first, repeated] = frame
      const kept = durability()
      let epoch = first
      for (let n = 3; n < frame.length; n += 3) {
        let ref = frame[n]
        if (typeof ref === 'string') {
          epoch = ref
          ref = frame[++n]
        }
        const message = contents.inFlight.get(ref as number)?.message
        if (!message || !kept) continue
        const { id, room, lane } = message
        const position = Object.freeze({ epoch, offset: frame[n + 1] as number })
        const at = frame[n + 2] as number
        const receipt: Receipt = { id, room, position, at, repeated: repeated === 1, durability: kept }
        lane.pauses = 0
        contents.settle(message, E.right(Object.freeze(receipt)))
      }
      answered()
    },
    refuse: (frame) => {
      const flight = contents.inFlight.get(frame.ref ?? 0)
      if (!flight) return
      if (frame.kind === 'retry' || frame.kind === 'reauth') takeBack(flight, frame)
      else end(flight, frame)
      answered()
    },
  }
}
