import { anything } from '../../lib/index.js'
import { see } from '../support/seen.js'
import { build, connected, endAll, hosted, remove, rx, until } from './support.js'

beforeAll(build)
afterEach(endAll)
afterAll(remove)

describe('create and kick', () => {
  it('[CL48] create prints the name of the room, which exists once', async () => {
    const { server } = await hosted()
    const first = rx(['create', server.url, 'lobby', '--capacity', '3', '--metadata', '{"topic":"tea"}'])
    expect([await first.code(), first.out()]).toEqual([0, ['lobby']])
    const info = see(server.rooms.get('lobby').info())
    await until('the record', () => info.all.length === 1)
    expect(info.only()).toMatchObject({ right: { capacity: 3, metadata: { topic: 'tea' } } })
    const random = rx(['create', server.url, '--json'])
    expect(await random.code()).toBe(0)
    expect(random.values()).toEqual([{ room: expect.any(String) as string, id: expect.any(String) as string }])
    const again = rx(['create', server.url, 'lobby'])
    expect([await again.code(), again.out()]).toEqual([4, []])
    expect(again.err()).toContain('room/exists')
  })

  it('[CL49] kick removes a user, for who may moderate', async () => {
    const { server } = await hosted({
      authenticate: ({ token = 'ana' }) => [{ user: token }],
      authorize: ({ user }) => [user === 'root' ? ['read', 'moderate'] : ['read']],
    })
    const room = connected(server.url).room('lobby', anything)
    const own = see(room.membership$)
    room.join()
    await until('the member', () => own.last()._tag === 'In')
    const refused = rx(['kick', server.url, 'lobby', 'ana'])
    expect(await refused.code()).toBe(4)
    const run = rx(['kick', server.url, 'lobby', 'ana', '--because', 'noise', '--for', '60', '--json'], {
      env: { RX_ROOMS_TOKEN: 'root' },
    })
    expect([await run.code(), run.values()]).toEqual([0, [{ room: 'lobby', user: 'ana', change: 'kicked' }]])
    await until('the end', () => own.last()._tag === 'Refused')
    expect(own.last()).toMatchObject({ error: { code: 'room/kicked', data: { because: 'noise' } } })
  })

  it('[CL50] arguments are checked first; nothing answers there: 3', async () => {
    const runs = [
      rx(['create', 'ws://127.0.0.1:1', 'lobby', '--metadata', '[1]']),
      rx(['create', 'ws://127.0.0.1:1', '--capacity', '0']),
      rx(['kick', 'ws://127.0.0.1:1', 'lobby', '']),
      rx(['kick', 'ws://127.0.0.1:1', 'lobby', 'ana']),
    ]
    const codes: (number | null)[] = []
    for (const run of runs) codes.push(await run.code())
    expect(codes).toEqual([2, 2, 2, 3])
  })
})
