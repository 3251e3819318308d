import type { Attack } from '../attack/attack.js'
import { counter, many, mostOthers } from '../attack/wire.js'

export const silence: Attack = {
  description: 'asks on 300 links what the server does not know, and reads no answer',
  run: async ({ repeat, enter, pour, count }) =>
    repeat(300, async () => {
      const peer = await enter()
      if (!peer) return
      peer.deafen()
      const ref = counter()
      await pour(peer, () => {
        count('questions', mostOthers)
        return many(mostOthers, () => `{"t":"poll","ref":${ref()}}`)
      })
      peer.end()
    }),
}
