import { Subject } from 'rxjs'
import { type Credentials, memory, type Permission } from '../../lib/node/index.js'
import { build, endAll, fileOf, hosted, remove, rx, until, served } from './support.js'

beforeAll(build)
afterEach(endAll)
afterAll(remove)

describe('tail', () => {
  it('[CL20] prints a message per line, and with --json an object per line', async () => {
    const { server } = await hosted()
    const text = rx(['tail', server.url, 'a', 'b', 'a'])
    const json = rx(['tail', server.url, 'a', 'b', '--json'])
    await until('both to be in', () => server.metrics().members === 4)
    server.publish('a', 'message', { text: 'line\nbreak' })
    server.publish('b', 'void')
    server.publish('b', 'bytes', new Uint8Array([1, 2]), { from: 'ana', id: 'x1' })
    await until('all lines', () => text.out().length === 3 && json.out().length === 3)
    expect(text.out()).toEqual(['a #1 message {"text":"line\\nbreak"}', 'b #1 void', 'b #2 bytes {"$":"AQI="}'])
    const common = { id: expect.any(String) as string, at: expect.any(Number) as number, from: '@server' }
    expect(json.values()).toEqual([
      { room: 'a', event: 'message', offset: 1, ...common, data: { text: 'line\nbreak' } },
      { room: 'b', event: 'void', offset: 1, ...common },
      { room: 'b', event: 'bytes', offset: 2, ...common, id: 'x1', from: 'ana', data: { $: 'AQI=' } },
    ])
    expect(text.err()).toBe('rx-rooms: online as anonymous\n')
  })

  it('[CL21] no room, event or payload can command the terminal', async () => {
    const { server } = await hosted()
    const room = 'r\u001b[31m\u202e'
    const runs = [
      rx(['tail', server.url, room, '--count', '1']),
      rx(['tail', server.url, room, '--count', '1', '--json']),
    ]
    await until('both to be in', () => server.metrics().members === 2)
    server.publish(room, 'e\u009b2J', ['\u001b]0;x\u0007\u009b\u2028'])
    for (const run of runs) {
      expect(await run.code()).toBe(0)
      expect(run.out()).toHaveLength(1)
      expect(run.out()[0]).not.toMatch(/[\p{Cc}\u2028\u202e]/u)
    }
    expect(runs[1]?.values()[0]).toMatchObject({ room, event: 'e\u009b2J', data: ['\u001b]0;x\u0007\u009b\u2028'] })
  })

  it('[CL22] ends with 0 after so many messages of the wanted events, and prints no more', async () => {
    const { server } = await hosted()
    for (const at of [1, 2, 3, 4, 5, 6, 7, 8]) server.publish('r', at % 2 ? 'odd' : 'even', at)
    const run = rx(['tail', server.url, 'r', '--json', '--last', '6', '--event', 'odd', '--count', '2'])
    expect(await run.code()).toBe(0)
    expect(run.values().map(({ data }) => data)).toEqual([3, 5])
    const none = rx(['tail', server.url, 'r', '--event', 'odd', '--event', 'even', '--count', '1'])
    await until('it to be in', () => server.metrics().members === 1)
    server.publish('r', 'other', 9)
    server.publish('r', 'even', 10)
    expect(await none.code()).toBe(0)
    expect(none.out()).toEqual(['r #10 even 10'])
  })

  it('[CL23] survives kill -9 of the server: one gap per room, then what is new', async () => {
    const first = await served()
    const { port } = new URL(first.url)
    const run = rx(['tail', first.url, 'a', 'b', '--json', '--count', '3'])
    await first.told('1 client')
    expect(await rx(['send', first.url, 'a', 'e', '"before"']).code()).toBe(0)
    await until('the first message', () => run.out().length === 1)
    first.process.kill('SIGKILL')
    await first.code()
    await run.told('offline')
    const second = await served(['--port', port])
    await until('a gap for each room', () => run.out().length === 3)
    expect(
      run
        .values()
        .slice(1)
        .map(({ room, gap }) => [room, gap]),
    ).toEqual([
      ['a', expect.objectContaining({ because: 'epoch', from: expect.objectContaining({ offset: 1 }) as object })],
      ['b', expect.objectContaining({ because: 'epoch', from: expect.objectContaining({ offset: 0 }) as object })],
    ])
    expect(await rx(['send', second.url, 'b', 'e', '"after"']).code()).toBe(0)
    expect(await rx(['send', second.url, 'a', 'e', '"end"']).code()).toBe(0)
    expect(await run.code()).toBe(0)
    expect(run.values().slice(3)).toMatchObject([
      { room: 'b', offset: 1, data: 'after' },
      { room: 'a', offset: 1, data: 'end' },
    ])
    expect(run.err().match(/online as/g)).toHaveLength(2)
  })

  it('[CL23] a restart of the listener alone loses and doubles nothing', async () => {
    const engine = memory()
    const { server, stop } = await hosted({ engine })
    const run = rx(['tail', server.url, 'r', '--count', '4'])
    await until('it to be in', () => server.metrics().members === 1)
    server.publish('r', 'e', 1)
    server.publish('r', 'e', 2)
    await until('two lines', () => run.out().length === 2)
    stop()
    const { server: next } = await hosted({ engine, port: server.port })
    next.publish('r', 'e', 3)
    next.publish('r', 'e', 4)
    expect(await run.code()).toBe(0)
    expect(run.out()).toEqual(['r #1 e 1', 'r #2 e 2', 'r #3 e 3', 'r #4 e 4'])
  })

  it('[CL24] a refused room ends with 4 before anything is printed, whatever the other rooms hold', async () => {
    const verdict = new Subject<readonly Permission[]>()
    const { server } = await hosted({
      authorize: ({ room }) => (room === 'secret' ? verdict : [['read', 'publish', 'history']]),
    })
    for (const at of [1, 2, 3]) server.publish('open', 'e', at)
    const run = rx(['tail', server.url, 'open', 'secret', '--last', '3', '--quiet'])
    await until('the messages of the other room to be on their way', () => server.metrics().messagesOut === 3)
    verdict.next([])
    expect(await run.code()).toBe(4)
    expect(run.out()).toEqual([])
    expect(run.err()).toBe('rx-rooms: Room secret: This user may not read the room (room/forbidden)\n')
  })

  it('[CL24] being removed from a room ends with 4', async () => {
    const { server } = await hosted()
    const run = rx(['tail', server.url, 'r'])
    await until('it to be in', () => server.metrics().members === 1)
    server.kick('r', 'anonymous')
    expect(await run.code()).toBe(4)
    expect(run.err()).toContain('Room r: The user was removed from the room (room/kicked)')
  })

  it('[CL60] reads @all and @user, and no other name that begins with @', async () => {
    const { server } = await hosted()
    const run = rx(['tail', server.url, '@all', '@user', '--count', '2'])
    await until('it to be in', () => server.metrics().members === 2)
    server.to('all').publish('notice', 1)
    server.to({ user: 'anonymous' }).publish('notice', 2)
    expect(await run.code()).toBe(0)
    expect([...run.out()].sort()).toEqual(['@all #1 notice 1', '@user #1 notice 2'])
    const wrong = rx(['tail', server.url, '@user/ben'])
    expect(await wrong.code()).toBe(2)
    expect(wrong.err()).toContain('nobody reads "@user/ben": write @all, or @user')
  })

  it('[CL4] the path and the values of a URL are not told', async () => {
    const { server, stop } = await hosted()
    stop()
    const run = rx(['tail', `${server.url}/canary-path?key=canary-value`, 'r'])
    expect(await run.code()).toBe(3)
    expect(run.err()).toContain(`cannot reach ${server.url}:`)
    expect(run.err()).not.toContain('canary')
  })

  it('[CL25] a server that cannot be reached ends with 3; with --wait it is waited for', async () => {
    const { server, stop } = await hosted()
    const { port, url } = server
    stop()
    const run = rx(['tail', url, 'r'])
    expect(await run.code()).toBe(3)
    expect(run.out()).toEqual([])
    expect(run.err()).toBe(
      `rx-rooms: cannot reach ${url}: connect ECONNREFUSED 127.0.0.1:${port}; --wait keeps trying\n`,
    )
    const patient = rx(['tail', url, 'r', '--wait', '--count', '1'])
    await patient.told('next try in')
    const { server: late } = await hosted({ port })
    await until('it to be in', () => late.metrics().members === 1)
    late.publish('r', 'e')
    expect(await patient.code()).toBe(0)
  })

  it('[CL26] SIGINT ends with 130 and SIGTERM with 143, also while nobody reads what it prints', async () => {
    const { server } = await hosted()
    const idle = rx(['tail', server.url, 'r'])
    const stuck = rx(['tail', server.url, 'r'], { unread: true })
    await until('both to be in', () => server.metrics().members === 2)
    for (let at = 0; at < 500; at++) server.publish('r', 'e', 'x'.repeat(4_000))
    await until('one to have read all', () => idle.out().length === 500)
    idle.process.kill('SIGINT')
    stuck.process.kill('SIGTERM')
    expect(await idle.code()).toBe(130)
    await until('the end of the other', () => stuck.process.exitCode !== null)
    expect(stuck.process.exitCode).toBe(143)
    stuck.process.stdout.resume()
  })

  it('[CL27] ends quietly with 0 when its reader has had enough', async () => {
    const { server } = await hosted()
    const run = rx(['tail', server.url, 'r'], { shell: '$RX | head -n 1' })
    await until('it to be in', () => server.metrics().members === 1)
    server.publish('r', 'e', 1)
    await until('the reader to have read', () => run.out().length === 1)
    await until('it to end', () => {
      server.publish('r', 'e', 2)
      return server.metrics().links === 0
    })
    expect(await run.code()).toBe(0)
    expect(run.err()).toBe('rx-rooms: online as anonymous\n')
  })

  it('[CL27] what cannot be written ends with 74', async () => {
    const { server } = await hosted()
    server.publish('r', 'e', 1)
    const run = rx(['tail', server.url, 'r', '--last', '1', '--quiet'], { shell: '$RX > /dev/full' })
    expect(await run.code()).toBe(74)
    expect(run.err()).toMatch(/^rx-rooms: cannot write: ENOSPC.*\n$/)
  })

  it('[CL28] a slow reader costs neither memory nor messages: the room is left, and read on', async () => {
    const { server } = await hosted()
    const run = rx(['tail', server.url, 'r', 'quiet', '--json'], { unread: true })
    await until('it to be in', () => server.metrics().members === 2)
    const total = 4_000
    for (let at = 1; at <= total; at++) server.publish('r', 'e', { at, fill: 'x'.repeat(2_000) })
    await until('the room to be left', () => server.metrics().members === 1)
    server.publish('quiet', 'e', { at: 1 })
    let text = ''
    run.process.stdout.setEncoding('utf8').on('data', (more: string) => (text += more))
    const lines = (): readonly string[] => text.split('\n').slice(0, -1)
    await until('all messages', () => lines().length === total + 1)
    const messages = lines().map((line) => JSON.parse(line) as { room: string; offset: number; data: { at: number } })
    const read = messages.filter(({ room }) => room === 'r').map(({ data }) => data.at)
    expect(read).toEqual(Array.from({ length: total }, (_, at) => at + 1))
  })

  it('[CL29] reads its token file again when it comes back', async () => {
    const only = (right: string) => ({
      authenticate: ({ token }: Credentials) => [token === right ? { user: right } : null],
    })
    const { server, stop } = await hosted(only('first'))
    const file = fileOf('token', 'first\n')
    const run = rx(['tail', server.url, 'r', '--token-file', file])
    await run.told('online as first')
    fileOf('token', '# rotated\nsecond\n')
    stop()
    await hosted({ ...only('second'), port: server.port })
    await run.told('online as second')
  })
})
