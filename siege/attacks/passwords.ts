import type { Attack } from '../attack/attack.js'
import { defaultBudgets } from '../../lib/server/budget.js'
import { lockedRoom } from '../attack/names.js'
import { counter, join, occurrences } from '../attack/wire.js'

const { perSecond, burst } = defaultBudgets.user.passwords
const links = 20

export const passwords: Attack = {
  description: 'measures the passwords a second that one user may try, on 20 links',
  run: async ({ repeat, enter, until, isOver, count }) => {
    const next = counter()
    await repeat(links, async () => {
      const peer = await enter()
      if (!peer) return
      const ch = counter()
      let answered = 0
      peer.hear((text) => {
        const tried = occurrences(text, '"room/forbidden"')
        const found = occurrences(text, '"joined"')
        answered += tried + found + occurrences(text, '"room/rate"')
        count('tried', tried + found)
        count('found', found)
      })
      // Joins of one room take the place of one another: each waits for the answer to the one before.
      for (let asked = 1; peer.isOpen() && !isOver(); asked++) {
        peer.say(join(ch(), lockedRoom, { password: String(next() % 10_000).padStart(4, '0') }))
        await until(peer, () => answered >= asked)
      }
      peer.end()
    })
  },
  excess: ({ tried = 0 }, seconds) =>
    tried > burst + perSecond * (seconds + 1)
      ? `${Math.round(tried / seconds)} passwords a second were tried, ${perSecond} a second and ${burst} at once are allowed`
      : undefined,
}
