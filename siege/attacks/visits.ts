import type { Attack } from '../attack/attack.js'

export const visits: Attack = {
  description: 'says hello, is welcomed and goes, in 16 loops',
  run: async ({ repeat, enter }) =>
    repeat(16, async () => {
      const peer = await enter()
      peer?.end()
    }),
}
