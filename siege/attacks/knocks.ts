import type { Attack } from '../attack/attack.js'

export const knocks: Attack = {
  description: 'opens WebSockets and goes without a word, in 16 loops',
  run: async ({ repeat, dial }) =>
    repeat(16, async () => {
      const peer = await dial()
      peer?.end()
    }),
}
