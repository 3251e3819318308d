import type { Attack } from '../attack/attack.js'

const message = '['.repeat(65_536)

export const rubbish: Attack = {
  description: 'begins links with 64 KiB that are no JSON',
  run: async ({ repeat, dial, until, count }) =>
    repeat(8, async () => {
      const peer = await dial()
      if (!peer) return
      peer.say(message)
      count('messages')
      const deadline = performance.now() + 1_000
      await until(peer, () => performance.now() > deadline)
      peer.end()
    }),
}
