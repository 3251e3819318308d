import { presence } from '../../lib/features/presence/index.js'
import { anything } from '../../lib/index.js'
import { right, see } from '../support/seen.js'
import { build, connected, endAll, hosted, remove, rx, served, until } from './support.js'

beforeAll(build)
afterEach(endAll)
afterAll(remove)

describe('members', () => {
  it('[CL46] prints those who are there, then each change with its cause, and is not seen itself', async () => {
    const { server } = await hosted()
    const ana = connected(server.url).room('lobby', anything).with(presence)
    const seen = see(ana.members$)
    see(ana.me.set({ typing: true }))
    await until('the state of ana', () => JSON.stringify(seen.all).includes('typing'))
    const [text, json] = [rx(['members', server.url, 'lobby']), rx(['members', server.url, 'lobby', '--json'])]
    await until('both to have printed', () => text.out().length === 1 && json.out().length === 1)
    const ben = connected(server.url, { lingerMs: 0 }).room('lobby', anything).with(presence)
    const stream = see(ben.members$)
    await until('ben', () => text.out().length === 2 && json.out().length === 2)
    stream.stop()
    await until('the end of ben', () => text.out().length === 3 && json.out().length === 3)
    expect(text.out()).toEqual([
      'lobby here anonymous {"typing":true}',
      'lobby joined anonymous',
      'lobby left anonymous',
    ])
    const session = expect.any(String) as string
    const common = { room: 'lobby', user: 'anonymous', session, since: 0 }
    expect(json.values()).toEqual([
      { ...common, change: 'here', state: { typing: true } },
      { ...common, change: 'joined', cause: 'live' },
      { ...common, change: 'left', cause: 'left' },
    ])
    expect(right(seen.last())).toMatchObject({ counts: { members: 1 } })
    const once = rx(['members', server.url, 'lobby', '--once'])
    expect([await once.code(), once.out().length]).toEqual([0, 1])
    const empty = rx(['members', server.url, 'nobody', '--once'])
    expect([await empty.code(), empty.out()]).toEqual([0, []])
  })

  it('[CL46] survives kill -9 of the server', async () => {
    const first = await served()
    const { port } = new URL(first.url)
    const run = rx(['members', first.url, 'lobby', '--json'])
    await run.told('online')
    const seen = see(connected(first.url).room('lobby', anything).with(presence).members$)
    await until('the member', () => run.out().length === 1)
    first.process.kill('SIGKILL')
    await first.code()
    await run.told('offline')
    await served(['--port', port])
    await until('the member again', () => run.out().length >= 3)
    expect(run.values().map(({ change }) => change)).toEqual(['joined', 'left', 'joined'])
    seen.stop()
  })

  it('[CL47] prints counts above rosterMax, and ends with 4 where the room is refused', async () => {
    const { server } = await hosted({
      presence: { rosterMax: 1 },
      authorize: ({ room }) => [room === 'lobby' ? ['read'] : []],
    })
    for (let at = 0; at < 2; at++) see(connected(server.url).room('lobby', anything).with(presence).members$)
    const run = rx(['members', server.url, 'lobby'])
    await until('the counts', () => run.out().includes('lobby 2 members, 1 user'))
    const refused = rx(['members', server.url, 'secret'])
    expect(await refused.code()).toBe(4)
    expect(refused.err()).toContain('room/forbidden')
  })
})
