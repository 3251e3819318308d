import type { Attack } from '../attack/attack.js'
import { many } from '../attack/wire.js'

const message = many(90_000, () => '{"t":"x"}')

export const swarms: Attack = {
  description: 'says 90 000 unknown frames in a message, more than a message may have',
  run: async ({ repeat, enter, pour, count }) =>
    repeat(1, async () => {
      const peer = await enter()
      if (!peer) return
      await pour(peer, () => {
        count('messages')
        return message
      })
    }),
}
