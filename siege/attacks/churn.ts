import type { Attack } from '../attack/attack.js'
import { counter, join, leave, many, roomOf } from '../attack/wire.js'

export const churn: Attack = {
  description: 'joins and leaves 32 rooms in each message',
  run: async ({ repeat, enter, pour, count }) =>
    repeat(1, async () => {
      const peer = await enter()
      if (!peer) return
      peer.hear(() => undefined)
      const ch = counter()
      await pour(peer, () => {
        count('joins', 32)
        return many(32, (index) => {
          const number = ch()
          return `${join(number, roomOf(index))},${leave(number)}`
        })
      })
    }),
}
