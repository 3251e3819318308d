import { directory } from '../../lib/features/directory/index.js'
import { creation, roomLife } from '../../lib/features/room-life/index.js'
import { anything } from '../../lib/index.js'
import { see } from '../support/seen.js'
import { build, connected, endAll, hosted, remove, rx, served, until } from './support.js'

beforeAll(build)
afterEach(endAll)
afterAll(remove)

describe('rooms', () => {
  it('[CL52] prints the rooms that are there, then each change', async () => {
    const { server } = await hosted()
    const client = connected(server.url, { lingerMs: 0 }).with(creation, directory)
    const seen = see(client.rooms$())
    see(client.create({ name: 'game/1', capacity: 4, metadata: { mode: 'duel', level: 3 }, listed: ['mode', 'level'] }))
    see(client.create({ name: 'den' }))
    await until('the rooms', () => JSON.stringify(seen.all).includes('den'))
    const [text, json, some] = [
      rx(['rooms', server.url]),
      rx(['rooms', server.url, '--json', '--where', 'mode=duel', '--where', 'level=3']),
      rx(['rooms', server.url, '--prefix', 'd', '--limit', '1', '--once']),
    ]
    await until('the first lines', () => text.out().length === 2 && json.out().length === 1)
    expect([await some.code(), some.out()]).toEqual([0, ['den here open 0 members 0 users']])
    const stream = see(client.room('game/1', anything).messages())
    await until('a member', () => text.out().length === 3 && json.out().length === 2)
    stream.stop()
    await until('no member', () => text.out().length === 4 && json.out().length === 3)
    see(client.room('game/1', anything).with(roomLife).close())
    await until('the end', () => text.out().length === 5 && json.out().length === 4)
    expect(text.out()).toEqual([
      'den here open 0 members 0 users',
      'game/1 here open 0 members 0 users 0/4 seats {"mode":"duel","level":3}',
      'game/1 changed open 1 member 1 user 1/4 seats {"mode":"duel","level":3}',
      'game/1 changed open 0 members 0 users 0/4 seats {"mode":"duel","level":3}',
      'game/1 gone',
    ])
    const facts = { room: 'game/1', open: true, capacity: 4, metadata: { mode: 'duel', level: 3 } }
    expect(json.values()).toEqual([
      { ...facts, change: 'here', members: 0, users: 0, taken: 0 },
      { ...facts, change: 'changed', members: 1, users: 1, taken: 1 },
      { ...facts, change: 'changed', members: 0, users: 0, taken: 0 },
      { room: 'game/1', change: 'gone' },
    ])
  })

  it('[CL53] survives kill -9 of the server; wrong arguments are wrong usage', async () => {
    const first = await served()
    const { port } = new URL(first.url)
    const run = rx(['rooms', first.url, '--json'])
    await run.told('online')
    const created = see(connected(first.url).with(creation).create({ name: 'den' }))
    // Without its answer the client would create the room again at the next server.
    await until('the room and its answer', () => run.out().length === 1 && created.all.length === 1)
    first.process.kill('SIGKILL')
    await first.code()
    await run.told('offline')
    await served(['--port', port])
    await until('its end', () => run.out().length === 2)
    expect(run.values().map(({ change }) => change)).toEqual(['new', 'gone'])
    for (const wrong of [
      ['--where', 'mode'],
      ['--limit', '0'],
      ['--limit', '1001'],
    ])
      expect(await rx(['rooms', first.url, ...wrong]).code()).toBe(2)
  })
})
