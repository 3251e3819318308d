import type { Attack } from '../attack/attack.js'
import { stuckUsers } from '../attack/names.js'
import { hello } from '../attack/wire.js'

export const greetings: Attack = {
  description: 'says hello on 400 links with tokens whose check does not end',
  run: async ({ repeat, dial, until, count }) =>
    repeat(400, async (number) => {
      const peer = await dial()
      if (!peer) return
      peer.hear((text) => {
        if (text.includes('"server/busy"')) count('refused as busy')
      })
      peer.say(hello(`${stuckUsers}${number}`))
      count('hellos')
      await until(peer, () => false)
    }),
}
