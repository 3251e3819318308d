import { creation } from '../../../lib/features/room-life/index.js'
import { lifeOf, memberOf } from '../../support/life.js'
import { right, see } from '../../support/seen.js'
import { serverOn } from './served.js'
import { shakyDisk } from './shaky-disk.js'

it('[RL10] rooms, bans and ends outlive a restart of a server with files', () => {
  const first = serverOn(shakyDisk(), 'one')
  const ana = first.client('ana')
  const made = ['kept', 'over'].map((name) => see(ana.with(creation).create({ name, id: name, capacity: 2 })))
  first.pass()
  for (const each of made) right(each.only())
  const orders = [
    see(lifeOf(ana, 'kept').ban('ben', { because: 'spam' })),
    see(lifeOf(ana, 'over').close({ because: 'done' })),
  ]
  first.pass()
  for (const each of orders) right(each.only())
  const second = serverOn(first.end(), 'two')
  const again = second.client('ana')
  const info = see(lifeOf(again, 'kept').info$)
  const repeat = see(again.with(creation).create({ name: 'kept', id: 'kept' }))
  const members = [memberOf(second.client('ben'), 'kept'), memberOf(again, 'over'), memberOf(again, 'kept')]
  second.pass()
  expect(right(info.last())).toMatchObject({ id: 'kept', capacity: 2, by: { user: 'ana' } })
  right(repeat.only())
  expect(members.map((each) => each.state())).toEqual(['room/banned', 'room/closed', 'In'])
  expect(members[2]?.permissions()).toBe('read publish history moderate admit')
  second.end()
})
