import * as E from '#fp/Either'
import type { View } from '../../lib/protocol/frame.js'
import { join } from '../server/support/peer.js'
import { world } from '../server/support/world.js'
import { listed, viewer } from '../support/directory.js'
import { lifeStage } from '../support/life.js'
import { codeOf, right, see } from '../support/seen.js'
import { tap } from '../support/wire.js'

describe('the views of the directory at a server', () => {
  it('[DR23] a session has at most 256, whatever its client counts; one that has ended makes place', () => {
    const { client, server, time } = world()
    const peer = client({ can: ['tables'], rooms: [join(1, '@rooms')] })
    const view = (of: string, shown: View['view'] = 'all'): void => {
      peer.send({ t: 'view', ch: 1, of, view: shown })
      time.advanceBy(50)
    }
    const answered = (): readonly string[] => peer.all('rows').map(({ of }) => of)
    const names = Array.from({ length: 257 }, (_, at) => `rooms ${at}`)
    for (const each of names) view(each)
    expect(answered()).toEqual(names.slice(0, 256))
    view('rooms 0', 'none')
    view('rooms 256')
    expect(answered().at(-1)).toBe('rooms 256')
    expect(peer.closedWith()).toBeUndefined()
    server.close()
  })
})

describe('the views of the directory', () => {
  it('[DR18] [PR144] are at most 256; one beyond is a Left, and one that has ended makes place', () => {
    const { time, server } = lifeStage()
    const ana = viewer(server, 'ana')
    const wire = tap(server.network)
    see(ana.create({ name: 'r255' }))
    const all = Array.from({ length: 256 }, (_, at) => see(ana.occupancy$(`r${at}`)))
    time.advanceBy(100)
    expect(all.filter((each) => E.isRight(each.last()))).toHaveLength(256)
    expect(right(all[255]!.last())).toMatchObject({ name: 'r255' })
    const same = see(ana.occupancy$('r255'))
    const beyond = [see(ana.occupancy$('r300')), see(ana.rooms$())]
    time.advanceBy(100)
    expect(right(same.last())).toMatchObject({ name: 'r255' })
    expect(beyond.map((each) => [codeOf(each.only()), each.isComplete()])).toEqual([
      ['room/busy', true],
      ['room/busy', true],
    ])
    all[255]!.stop()
    expect(codeOf(see(ana.rooms$()).last())).toBe('room/busy')
    same.stop()
    const rooms = see(ana.rooms$())
    time.advanceBy(100)
    expect(listed(rooms)).toEqual(['r255 0/0'])
    for (const each of [...all, rooms]) each.stop()
    const later = see(ana.occupancy$('r255'))
    time.advanceBy(100)
    expect(right(later.last())).toMatchObject({ name: 'r255' })
    const [first, second] = ['rooms 1', 'rooms 257'].map((of) =>
      wire.up('view').filter(({ frame }) => frame.of === of && frame.view !== 'none'),
    )
    expect([first?.length, second?.length]).toEqual([1, 1])
    server.close()
  })
})
