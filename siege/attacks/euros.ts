import type { Attack } from '../attack/attack.js'
import { hello } from '../attack/wire.js'

const padding = '€'.repeat(60_000)

export const euros: Attack = {
  description: 'says hello in 180 KB that are 60 000 characters',
  run: async ({ repeat, dial, until, count }) =>
    repeat(4, async () => {
      const peer = await dial()
      if (!peer) return
      peer.hear((text) => {
        if (text.includes('"welcome"')) count('welcomed')
        if (text.includes('"protocol/too-large"')) count('refused as too large')
      })
      peer.say(hello('attacker').replace('{', `{"padding":"${padding}",`))
      const deadline = performance.now() + 500
      await until(peer, () => performance.now() > deadline)
      peer.end()
    }),
  excess: ({ welcomed = 0 }) =>
    welcomed > 0 ? `${welcomed} first messages of 180 KB were taken, 64 KiB are allowed` : undefined,
}
