import type { Attack } from '../attack/attack.js'
import { acknowledged, counter, many, publisher, roomOf } from '../attack/wire.js'

export const publishes: Attack = {
  description: 'publishes small messages to new rooms as fast as it can, and ignores refusals',
  run: async ({ repeat, enter, pour, count }) => {
    const room = counter()
    await repeat(1, async () => {
      const peer = await enter()
      if (!peer) return
      peer.hear((text) => {
        count('accepted', acknowledged(text))
      })
      const publish = publisher()
      await pour(peer, () => many(64, () => publish(roomOf(room()), 'x')))
    })
  },
}
