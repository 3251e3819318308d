import type { TableId } from '../../../server/tables/model.js'
import type { Case } from '../case.js'
import { equals } from '../check.js'
import { type EngineCase, entry, type Following } from './bench.js'
import { drop, put, write } from './table-writes.js'

const life: TableId = { of: 'room', room: 'r' }

/** Returns the items of a feed that speak of the life of the room: that of the base, then each beginning. */
const toldOf = ({ told }: Following): readonly string[] =>
  told.flatMap((item) =>
    item._tag === 'Base' ? [`begins ${String(item.hasLife)}`] : item._tag === 'Life' ? ['Life'] : [],
  )

/** Cases about the life of rooms: the rows of their tables `room`. */
export const lifeCases = (of: EngineCase): readonly Case[] => [
  of(
    '[EN62] a feed tells by its base if the table of the life of the room has rows, and then the first row',
    async (bench) => {
      const early = await bench.follow('r')
      await write(bench, { of: 'members', room: 'r' }, put('a', 1))
      await write(bench, { of: 'room', room: 'other' }, put('a', 1))
      await write(bench, life, put('a', 1))
      await write(bench, life, put('b', 1))
      await bench.until('the life', () => toldOf(early).length > 1)
      const late = await bench.follow('r')
      await bench.append('r', entry(1))
      await write(bench, life, drop('a'), drop('b'))
      const last = await bench.follow('r')
      await write(bench, life, put('a', 1))
      await bench.until('the second life', () =>
        [early, late, last].every((each) => toldOf(each).at(-1) === 'Life' && toldOf(each).length > 1),
      )
      await bench.until('the second life', () => toldOf(early).length > 2)
      equals('an early feed', toldOf(early), ['begins false', 'Life', 'Life'])
      equals('a late feed', toldOf(late), ['begins true', 'Life'])
      equals('a feed after the end', toldOf(last), ['begins false', 'Life'])
    },
  ),
]

/** Cases about an engine that is closed and opened again. */
export const reopenedLifeCases = (of: EngineCase): readonly Case[] =>
  (['closed', 'killed'] as const).map((how) =>
    of(`[EN62] an engine that was ${how} and opened again tells the life of its rooms`, async (bench) => {
      await write(bench, life, put('a', 1))
      await bench.reopen(how)
      equals('a feed', toldOf(await bench.follow('r')), ['begins true'])
      equals('a feed of another room', toldOf(await bench.follow('other')), ['begins false'])
    }),
  )
