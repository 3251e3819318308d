import type { Attack } from '../attack/attack.js'
import { fill } from '../attack/fill.js'
import { join } from '../attack/wire.js'

export const readers: Attack = {
  description: 'joins a full room from its last 1 000 messages on 200 links, and reads nothing',
  run: async (field) => {
    const { repeat, enter, until, count } = field
    const room = await fill(field, 1_000, 8_000)
    await repeat(200, async () => {
      const peer = await enter()
      if (!peer) return
      peer.deafen()
      peer.say(join(1, room, { from: { last: 1_000 } }))
      count('joins')
      await until(peer, () => false)
    })
  },
}
