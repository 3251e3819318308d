import type { Attack } from '../attack/attack.js'
import { fill } from '../attack/fill.js'
import { counter, history, many, occurrences } from '../attack/wire.js'

const underWay = 30

export const histories: Attack = {
  description: 'reads the history of a full room, 30 pages of 1 000 messages at a time',
  run: async (field) => {
    const { repeat, enter, until, count } = field
    const room = await fill(field, 1_000, 100)
    await repeat(1, async () => {
      const peer = await enter()
      if (!peer) return
      const ch = counter()
      const ask = (pages: number): void => {
        if (pages > 0) peer.say(many(pages, () => history(ch(), room, 1_000)))
      }
      peer.hear((text) => {
        const pages = occurrences(text, '"page"')
        count('pages', pages)
        ask(pages)
      })
      ask(underWay)
      await until(peer, () => false)
    })
  },
}
