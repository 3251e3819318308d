import fc from 'fast-check'
import { ground, moves, numbersOf, type Outcome, pure, stormy } from '../support/moves.js'
import { right } from '../support/seen.js'

/** Each number once in the logs, in the order of its sender; each subscription a piece of its log without a hole. */
const isWhole = ({ logs, sent, heard, receipts }: Outcome): void => {
  for (const [key, numbers] of sent) {
    const [, room = ''] = key.split(' ')
    const own = new Set(numbers)
    expect(logs.get(room)?.filter((number) => own.has(number))).toEqual(numbers)
  }
  for (const log of logs.values()) expect(new Set(log).size).toBe(log.length)
  for (const each of receipts) right(each.only())
  for (const { room, seen } of heard) {
    const [got, log = []] = [numbersOf(seen.all), logs.get(room)]
    const from = log.indexOf(got[0] ?? -1)
    if (got.length > 0) expect(got).toEqual(log.slice(from, from + got.length))
  }
  expect(numbersOf(heard[0]?.seen.all ?? [])).toEqual(logs.get('lobby'))
}
const tagsOf = ({ rosters }: Outcome): readonly string[] =>
  rosters.flatMap((roster) => right(roster).changes.map(({ _tag }) => _tag))

describe('moves, under any interleaving', () => {
  it('[EP18] while other servers fail, a client that moves is Online all the time, and no other member sees it', () => {
    fc.assert(
      fc.property(pure, ground, (acts, on) => {
        const outcome = moves(acts, on)
        isWhole(outcome)
        expect(outcome.states.filter(({ _tag }) => _tag !== 'Online')).toEqual([])
        expect(tagsOf(outcome)).toEqual([])
        expect(outcome.memberships[0]).toBe('In')
        expect(outcome.left).toBe(0)
      }),
      { numRuns: 15 },
    )
  })

  it('[EP19] whatever fails in whichever phase, nothing is lost, doubled, reordered or executed twice, and the client ends Online in its rooms', () => {
    fc.assert(
      fc.property(stormy, ground, (acts, on) => {
        const outcome = moves(acts, on)
        isWhole(outcome)
        expect(outcome.states.at(-1)?._tag).toBe('Online')
        expect(outcome.memberships[0]).toBe('In')
        expect(tagsOf(outcome).filter((tag) => tag === 'Left' || tag === 'Joined')).toEqual([])
        expect(outcome.left).toBe(0)
      }),
      { numRuns: 25 },
    )
  })
})
