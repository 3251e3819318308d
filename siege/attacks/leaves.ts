import type { Attack } from '../attack/attack.js'
import { counter, join, leave, many, roomOf } from '../attack/wire.js'

const long = 'x'.repeat(200)

export const leaves: Attack = {
  description: 'joins 1 900 rooms with long names and leaves them, in each message',
  run: async ({ repeat, enter, pour, count }) =>
    repeat(1, async () => {
      const peer = await enter()
      if (!peer) return
      const ch = counter()
      await pour(peer, () => {
        count('joins', 1_900)
        return many(1_900, () => {
          const number = ch()
          return `${join(number, roomOf(`${long}${number}`))},${leave(number)}`
        })
      })
    }),
}
