import type { Attack } from '../attack/attack.js'
import { publisher, roomOf } from '../attack/wire.js'

const data = 'x'.repeat(1_000_000)

export const orphans: Attack = {
  description: 'publishes 4 MB on a slow disk and is gone before the answer, again and again',
  ground: { slowMs: 1_000 },
  run: async ({ repeat, enter, until, sleep, count }) =>
    repeat(8, async (number) => {
      const peer = await enter()
      if (!peer) return
      const publish = publisher()
      for (let part = 0; part < 4; part++) peer.say(publish(roomOf(number), data))
      await until(peer, () => peer.unsent() === 0)
      await sleep(50)
      count('publishes', 4)
      peer.end()
    }),
}
