import { channels } from '../../lib/rooms/channels.js'

describe('the numbers of joins', () => {
  it('[P27] lead to their entries, be they many, few of many, or new after all', () => {
    const byCh = channels<string>()
    const known = new Map<number, string>()
    const add = (name: string): void => void known.set(byCh.add(name), name)
    const drop = (ch: number): void => {
      byCh.delete(ch)
      known.delete(ch)
    }
    let highest = 0
    const look = (): void => {
      const wrong = Array.from({ length: highest + 3 }, (_, ch) => ch).filter((ch) => byCh.get(ch) !== known.get(ch))
      expect(wrong).toEqual([])
    }
    for (let round = 0; round < 3; round++) {
      for (let n = 0; n < 5_000; n++) add(`${round} ${n}`)
      expect(Math.min(...known.keys())).toBeGreaterThan(highest)
      highest = byCh.skip()
      add('last')
      drop(highest)
      look()
      for (const ch of [...known.keys()]) if (ch % 100 !== 0) drop(ch)
      look()
      highest = byCh.skip()
      add('one more')
      look()
      for (const ch of [...known.keys()]) drop(ch)
      drop(highest)
      look()
      add('forgotten')
      byCh.clear()
      known.clear()
      highest++
      look()
    }
  })
})
