import type { Attack } from '../attack/attack.js'
import { defaultBudgets } from '../../lib/server/budget.js'
import { wrongUsers } from '../attack/names.js'
import { counter, hello } from '../attack/wire.js'

const { perSecond, burst } = defaultBudgets.address.tokens

export const tokens: Attack = {
  description: 'measures the tokens a second that one address may try',
  run: async ({ repeat, dial, until, count }) => {
    const next = counter()
    await repeat(20, async () => {
      const peer = await dial()
      if (!peer) return
      peer.hear((text) => {
        if (text.includes('"auth/rejected"')) count('tried')
      })
      peer.say(hello(`${wrongUsers}${next()}`))
      await until(peer, () => false)
    })
  },
  excess: ({ tried = 0 }, seconds) =>
    tried > burst + perSecond * (seconds + 1)
      ? `${Math.round(tried / seconds)} tokens a second were tried, ${perSecond} a second and ${burst} at once are allowed`
      : undefined,
}
