import type { Attack } from '../attack/attack.js'
import { fill } from '../attack/fill.js'
import { counter, join, leave, many } from '../attack/wire.js'

export const replays: Attack = {
  description: 'joins a full room from its last 1 000 messages and leaves it, 30 times in each message',
  run: async (field) => {
    const { repeat, enter, pour, count } = field
    const room = await fill(field, 1_000, 100)
    await repeat(1, async () => {
      const peer = await enter()
      if (!peer) return
      peer.hear(() => undefined)
      const ch = counter()
      await pour(peer, () => {
        count('joins', 30)
        return many(30, () => {
          const number = ch()
          return `${join(number, room, { from: { last: 1_000 } })},${leave(number - 1)}`
        })
      })
    })
  },
}
