import type { Attack } from '../attack/attack.js'
import { counter, join, many, roomOf } from '../attack/wire.js'

export const renewals: Attack = {
  description: 'renews the token of a client of 10 000 rooms, 90 times a second',
  run: async ({ repeat, enter, sleep, isOver, count }) =>
    repeat(1, async () => {
      const peer = await enter()
      if (!peer) return
      const ch = counter()
      for (let part = 0; part < 5; part++)
        peer.say(
          many(2_000, () => {
            const number = ch()
            return join(number, roomOf(number))
          }),
        )
      peer.hear((text) => {
        if (text.includes('"auth.ok"')) count('renewals')
      })
      const ref = counter()
      while (peer.isOpen() && !isOver()) {
        peer.say(`{"t":"auth","ref":${ref()},"token":"attacker"}`)
        await sleep(11)
      }
    }),
}
