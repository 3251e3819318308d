import type { Attack } from '../attack/attack.js'
import { defaultBudgets } from '../../lib/server/budget.js'
import { lockedRoom } from '../attack/names.js'
import { counter, join, many, occurrences } from '../attack/wire.js'

const { perSecond, burst } = defaultBudgets.user.passwords
const links = 20

export const passwords: Attack = {
  description: 'measures the passwords a second that one user may try, on 20 links',
  run: async ({ repeat, enter, until, sleep, count }) => {
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
      for (let asked = 0; peer.isOpen() && asked < 5_000; asked += 50) {
        peer.say(many(50, () => join(ch(), lockedRoom, { password: String(next() % 10_000).padStart(4, '0') })))
        await until(peer, () => answered >= asked + 50)
        if (answered < asked + 50) break
        await sleep(1)
      }
      peer.end()
    })
  },
  excess: ({ tried = 0 }, seconds) =>
    tried > burst + perSecond * (seconds + 1)
      ? `${Math.round(tried / seconds)} passwords a second were tried, ${perSecond} a second and ${burst} at once are allowed`
      : undefined,
}
