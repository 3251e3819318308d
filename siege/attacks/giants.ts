import type { Attack } from '../attack/attack.js'
import { acknowledged, publisher, roomOf } from '../attack/wire.js'

const data = 'x'.repeat(1_000_000)

export const giants: Attack = {
  description: 'publishes messages of 1 MB in one room',
  run: async ({ repeat, enter, pour, count }) =>
    repeat(1, async () => {
      const peer = await enter()
      if (!peer) return
      peer.hear((text) => {
        count('accepted', acknowledged(text))
      })
      const publish = publisher()
      await pour(peer, () => publish(roomOf(0), data))
    }),
}
