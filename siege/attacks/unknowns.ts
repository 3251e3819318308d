import type { Attack } from '../attack/attack.js'
import { many, mostOthers } from '../attack/wire.js'

const message = many(mostOthers, () => '{"t":"x"}')

export const unknowns: Attack = {
  description: 'says 64 unknown frames in each message',
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
