import fc from 'fast-check'
import { type Ranked, ranking, unranked } from '../../lib/server/ranking.js'

interface Item extends Ranked {
  readonly name: number
}

describe('ranking', () => {
  it('[EN42] the heaviest is first, of equals the one that rose longest ago, whatever comes, changes and goes', () => {
    const step = fc.tuple(fc.nat(9), fc.integer({ min: -5, max: 8 }))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const all = ranking<Item>((item) => item)
        const model = new Map<number, Item>()
        steps.forEach(([name, by], turn) => {
          const item = model.get(name) ?? { ...unranked(), name }
          item.weight += by
          if (by > 0) item.turn = turn + 1
          if (by === 0) {
            model.delete(name)
            all.remove(item)
          } else {
            model.set(name, item)
            all.place(item)
          }
          const [first] = [...model.values()].sort((a, b) => b.weight - a.weight || a.turn - b.turn)
          expect([all.first()?.weight, all.first()?.turn, all.size()]).toEqual([first?.weight, first?.turn, model.size])
        })
      }),
    )
  })
})
