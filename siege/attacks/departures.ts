import type { Attack } from '../attack/attack.js'
import { leave, many, mostControls } from '../attack/wire.js'

const message = many(mostControls, () => leave(9))

export const departures: Attack = {
  description: 'leaves rooms that it is not in, 4 000 times in each message',
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
