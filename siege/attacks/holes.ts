import type { Attack } from '../attack/attack.js'
import { counter, history, many, mostControls } from '../attack/wire.js'

export const holes: Attack = {
  description: 'asks 28 000 times under odd numbers alone',
  run: async ({ repeat, enter, until, sleep, count }) =>
    repeat(1, async () => {
      const peer = await enter()
      if (!peer) return
      const next = counter()
      for (let message = 0; message < 7; message++) {
        peer.say(many(mostControls, () => history(2 * next() + 1, 'good-0')))
        count('questions', mostControls)
      }
      await until(peer, () => peer.unsent() === 0)
      await sleep(300)
      peer.end()
    }),
}
