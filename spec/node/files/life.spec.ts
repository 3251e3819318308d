import type { Client } from '../../../lib/client/client.js'
import { creation } from '../../../lib/features/room-life/index.js'
import { fakeServer } from '../../../lib/testing/fake.js'
import { lifeOf, memberOf } from '../../support/life.js'
import { right, see } from '../../support/seen.js'
import { counted } from '../../server/support/world.js'
import { open } from './rig.js'
import { type ShakyDisk, shakyDisk } from './shaky-disk.js'

interface Run {
  readonly client: (user: string) => Client
  /** Lets time pass, in which the disk takes all its steps. */
  readonly pass: (ms?: number) => void
  /** Ends the server, and returns the disk. */
  readonly end: () => ShakyDisk
}

/** A server over the files of a disk; each run has clients of its own. */
const serverOn = (disk: ShakyDisk, run: string): Run => {
  const { engine, time } = open(disk)
  const server = fakeServer(time, { engine, users: { ana: {}, ben: {}, eve: {} } })
  return {
    client: (as) => server.client({ as, ids: counted(`${run} ${as}`) }),
    pass: (ms = 100) => {
      for (let step = 0; step < 10; step++) {
        disk.run()
        time.advanceBy(ms / 10)
      }
    },
    end: () => {
      server.close()
      engine.close()
      disk.run()
      return disk.after('kill', () => 0)
    },
  }
}

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
