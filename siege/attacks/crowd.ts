import type { Attack } from '../attack/attack.js'

export const crowd: Attack = {
  description: 'keeps 2 000 welcomed links open, of 200 users from 20 addresses',
  run: async ({ repeat, enter, until, sleep }) =>
    repeat(2_000, async (number) => {
      await sleep(number)
      const peer = await enter(`attacker-${number % 200}`, { host: 2 + (number % 20) })
      if (!peer) {
        await sleep(1_000)
        return
      }
      await until(peer, () => false)
    }),
}
