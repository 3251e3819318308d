import type { Attack } from '../attack/attack.js'
import { counter, history, leave, many } from '../attack/wire.js'

export const pages: Attack = {
  description: 'asks for history and takes it back, 2 000 times in each message',
  run: async ({ repeat, enter, pour, count }) =>
    repeat(1, async () => {
      const peer = await enter()
      if (!peer) return
      const ch = counter()
      await pour(peer, () => {
        count('questions', 2_000)
        return many(2_000, () => {
          const number = ch()
          return `${history(number, `good-${number % 10}`)},${leave(number)}`
        })
      })
    }),
}
