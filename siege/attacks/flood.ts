import type { Attack } from '../attack/attack.js'
import { acknowledged, counter, publisher, roomOf } from '../attack/wire.js'

const data = 'x'.repeat(1_000_000)
const rooms = 40

export const flood: Attack = {
  description: 'publishes messages of 1 MB in 40 rooms of its own, so that the log of all others is full',
  run: async ({ repeat, enter, pour, count }) =>
    repeat(2, async () => {
      const peer = await enter()
      if (!peer) return
      peer.hear((text) => {
        count('accepted', acknowledged(text))
      })
      const publish = publisher()
      const next = counter()
      await pour(peer, () => publish(roomOf(next() % rooms), data))
    }),
}
