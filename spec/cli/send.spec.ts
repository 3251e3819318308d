import { firstValueFrom, NEVER } from 'rxjs'
import * as E from '#fp/Either'
import { type Engine, memory } from '../../lib/node/index.js'
import { build, endAll, fileOf, hosted, remove, rx, until } from './support.js'

beforeAll(build)
afterEach(endAll)
afterAll(remove)

/** Everything a room holds, as payloads. */
const held = async (engine: Engine, room: string): Promise<readonly unknown[]> => {
  const head = await firstValueFrom(engine.head(room))
  if (E.isLeft(head) || !head.right) return []
  const { epoch } = head.right
  const page = await firstValueFrom(engine.read(room, { epoch, offset: 0 }, { count: 1e6, bytes: 1e9 }))
  return E.isRight(page) && page.right ? page.right.messages.map(({ data }) => JSON.parse(data) as unknown) : []
}
const numbers = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, at) => from + at)
const linesOf = (values: readonly unknown[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join('')

describe('send', () => {
  it('[CL30] sends DATA as JSON, and as a text only when told so', async () => {
    const engine = memory()
    const { server } = await hosted({ engine })
    const given: readonly (readonly string[])[] = [
      ['{"text":"hi"}'],
      ['"hi"'],
      ['--text', 'hi'],
      ['--', '-5'],
      ['null'],
    ]
    for (const args of given) expect(await rx(['send', server.url, 'r', 'e', ...args]).code()).toBe(0)
    expect(await held(engine, 'r')).toEqual([{ text: 'hi' }, 'hi', 'hi', -5, null])
    const word = rx(['send', server.url, 'r', 'e', 'hi'])
    expect(await word.code()).toBe(2)
    expect(word.err()).toMatch(/^rx-rooms: DATA is not JSON: .*; to send it as a text, add --text\n$/)
    expect(await held(engine, 'r')).toHaveLength(given.length)
    expect(word.out()).toEqual([])
  })

  it('[CL31] sends a message per line of stdin, in order, and prints a receipt for each with --json', async () => {
    const engine = memory()
    const { server } = await hosted({ engine })
    const run = rx(['send', server.url, 'r', 'e', '-', '--json'], { input: '\ufeff{"a":1}\r\n\n"grüß 👋"\n3' })
    expect(await run.code()).toBe(0)
    expect(await held(engine, 'r')).toEqual([{ a: 1 }, 'grüß 👋', 3])
    const more = { room: 'r', event: 'e', repeated: false, durability: 'memory' }
    expect(run.values()).toMatchObject([
      { line: 1, offset: 1, ...more },
      { line: 3, offset: 2, ...more },
      { line: 4, offset: 3, ...more },
    ])
    expect(new Set(run.values().map(({ id }) => id)).size).toBe(3)
    expect(run.err()).toBe('')
  })

  it('[CL32] does not join the room', async () => {
    const { server } = await hosted({ authorize: () => [['publish']] })
    const run = rx(['send', server.url, 'r', 'e'], { input: null })
    run.process.stdin.write('1\n')
    await until('the message', () => server.metrics().accepted === 1)
    expect(server.metrics()).toMatchObject({ links: 1, members: 0, rooms: 0 })
    run.process.stdin.end()
    expect(await run.code()).toBe(0)
  })

  it('[CL60] writes to @all and to a user, and to no other name that begins with @', async () => {
    const { server } = await hosted({ authorize: () => [['publish']] })
    for (const room of ['@all', '@user/ben']) expect(await rx(['send', server.url, room, 'e', '1']).code()).toBe(0)
    expect(server.metrics()).toMatchObject({ accepted: 2 })
    for (const room of ['@user', '@rooms', '@user/']) {
      const wrong = rx(['send', server.url, room, 'e', '1'])
      expect(await wrong.code()).toBe(2)
      expect(wrong.err()).toContain(`"${room}" takes no messages: write @all, or @user/NAME`)
    }
    const open = await hosted()
    const refused = rx(['send', open.server.url, '@all', 'e', '1'])
    expect(await refused.code()).toBe(1)
    expect(refused.err()).toContain('delivery/forbidden')
  })

  it('[CL33] nothing of a file is sent if a line of it cannot be', async () => {
    const engine = memory()
    const { server } = await hosted({ engine })
    // More than is read ahead of a pipe.
    const good = linesOf(numbers(1, 16).map((at) => `${at}${'x'.repeat(100_000)}`))
    const broken = [
      ['{"a":', 'not JSON'],
      ['['.repeat(100) + ']'.repeat(100), 'at most 64 levels'],
      ['"\u00ff"', 'not UTF-8'],
    ] as const
    for (const [line, said] of broken) {
      const path = fileOf('lines', Buffer.from(`${good}${line}\n17\n`, 'latin1'))
      const run = rx(['send', server.url, 'r', 'e'], { shell: `$RX < ${path}` })
      expect(await run.code()).toBe(2)
      expect(run.err()).toMatch(/^rx-rooms: line 17: .*; nothing was sent\n$/)
      expect(run.err()).toContain(said)
    }
    expect(await held(engine, 'r')).toEqual([])
  })

  it('[CL33] a file is read from where it stands', async () => {
    const engine = memory()
    const { server } = await hosted({ engine })
    const path = fileOf('header', `this is no JSON\n${linesOf(numbers(1, 5_000))}`)
    const run = rx(['send', server.url, 'r', 'e'], { shell: `{ read -r header; $RX; } < ${path}` })
    expect(await run.code()).toBe(0)
    expect(await held(engine, 'r')).toEqual(numbers(1, 5_000))
  })

  it('[CL34] what a pipe holds before the connection is there is checked before it is sent', async () => {
    const engine = memory()
    const { server } = await hosted({ engine, authenticate: () => [{ user: 'ana' }] })
    const run = rx(['send', server.url, 'r', 'e'], { input: `${linesOf(numbers(1, 16))}{"broken\n` })
    expect(await run.code()).toBe(2)
    expect(run.err()).toMatch(/^rx-rooms: line 17: not JSON: .*; nothing was sent\n$/)
    expect(await held(engine, 'r')).toEqual([])
  })

  it('[CL34] later a broken line ends it: those before it are acknowledged, nothing after it is sent', async () => {
    const engine = memory()
    const { server } = await hosted({ engine })
    const run = rx(['send', server.url, 'r', 'e'], { input: null })
    run.process.stdin.write('1\n')
    await until('the first message', () => server.metrics().accepted === 1)
    run.process.stdin.write(`${linesOf(numbers(2, 16))}{"broken\n17\n`)
    expect(await run.code()).toBe(2)
    expect(run.err()).toMatch(
      /^rx-rooms: line 17: not JSON: .*; nothing after it was sent; the 16 messages before it acknowledged\n$/,
    )
    expect(await held(engine, 'r')).toEqual(numbers(1, 16))
  })

  it('[CL35] never reads faster than messages leave', async () => {
    const engine = memory()
    const { server, stop } = await hosted({ engine })
    const { port, url } = server
    stop()
    const run = rx(['send', url, 'r', 'e', '--wait'], { input: null })
    const { stdin } = run.process
    const total = 8_000
    const text = linesOf(numbers(1, total).map((at) => ({ at, fill: 'x'.repeat(1_000) })))
    stdin.end(text)
    await run.told(/next try in[^]*next try in[^]*next try in/)
    expect(text.length - stdin.writableLength).toBeLessThan(2.5 * 2 ** 20)
    await hosted({ engine, port })
    expect(await run.code()).toBe(0)
    expect((await held(engine, 'r')).map((data) => (data as { at: number }).at)).toEqual(numbers(1, total))
  })

  it('[CL36] a restart of the listener under way loses, doubles and reorders nothing', async () => {
    const engine = memory()
    const { server, stop } = await hosted({ engine })
    const run = rx(['send', server.url, 'r', 'e', '--json'], { input: null })
    run.process.stdin.write(linesOf(numbers(1, 3_000)))
    await until('some to have arrived', () => server.metrics().accepted > 200)
    stop()
    await run.told('offline')
    await hosted({ engine, port: server.port })
    run.process.stdin.end(linesOf(numbers(3_001, 6_000)))
    expect(await run.code()).toBe(0)
    expect(await held(engine, 'r')).toEqual(numbers(1, 6_000))
    expect(run.values().map(({ line }) => line)).toEqual(numbers(1, 6_000))
  })

  it('[CL37] ends with 1, a count and the first error unless every message was acknowledged', async () => {
    const { server } = await hosted({ limits: { messageBytes: 64 * 1024 } })
    const large = 'x'.repeat(70_000)
    const run = rx(['send', server.url, 'r', 'e', '--json'], { input: linesOf([1, large, 3, large, 5]) })
    expect(await run.code()).toBe(1)
    expect(run.err()).toMatch(
      /^rx-rooms: 2 of 5 messages not acknowledged; first error, line 2: .* \(delivery\/too-large\)\n$/,
    )
    const told = [...run.values()].sort((a, b) => Number(a['line']) - Number(b['line']))
    expect(told.map(({ line, offset, executed }) => [line, offset ?? executed])).toEqual([
      [1, 1],
      [2, 'no'],
      [3, 2],
      [4, 'no'],
      [5, 3],
    ])
  })

  it('[CL38] a refused room ends the reading at once', async () => {
    const { server } = await hosted({ authorize: () => [['read']] })
    const one = rx(['send', server.url, 'r', 'e', '1'])
    expect(await one.code()).toBe(1)
    expect(one.err()).toBe(
      'rx-rooms: 1 of 1 message not acknowledged; first error: This user may not publish in the room (delivery/forbidden)\n',
    )
    const endless = rx(['send', server.url, 'r', 'e'], { input: null })
    endless.process.stdin.write('1\n')
    expect(await endless.code()).toBe(1)
    expect(endless.err()).toContain('1 of 1 message not acknowledged; first error, line 1')
  })

  it('[CL39] a server that cannot be reached ends with 3 and one line, and a refused token with 4', async () => {
    const { server, stop } = await hosted({ authenticate: () => [null] })
    const refused = rx(['send', server.url, 'r', 'e', '1'], { env: { RX_ROOMS_TOKEN: 'hunter2' } })
    expect(await refused.code()).toBe(4)
    expect(refused.err()).toBe(`rx-rooms: ${server.url} refused the token of RX_ROOMS_TOKEN\n`)
    stop()
    const run = rx(['send', server.url, 'r', 'e', '1'])
    expect(await run.code()).toBe(3)
    expect(run.err()).toMatch(/^rx-rooms: cannot reach ws:.*ECONNREFUSED.*\n$/)
  })

  it('[CL40] SIGINT ends with 130 and says what was acknowledged', async () => {
    const { server } = await hosted()
    const run = rx(['send', server.url, 'r', 'e'], { input: null })
    run.process.stdin.write('1\n2\n')
    await until('both messages', () => server.metrics().accepted === 2)
    run.process.kill('SIGINT')
    expect(await run.code()).toBe(130)
    expect(run.err()).toBe('rx-rooms: interrupted: 2 of 2 messages acknowledged\n')
  })

  it('[CL40] what is not acknowledged soon after may have arrived, and is counted', async () => {
    const { server } = await hosted({ authorize: () => NEVER })
    const run = rx(['send', server.url, 'r', 'e'], { input: null })
    run.process.stdin.write('1\n2\n')
    await until('the messages to be asked about', () => server.metrics().framesIn > 1)
    run.process.kill('SIGTERM')
    expect(await run.code()).toBe(143)
    expect(run.err()).toBe('rx-rooms: interrupted: 0 of 2 messages acknowledged (2 may have arrived all the same)\n')
  })

  it('[CL41] a reader of receipts that goes away keeps no message from being sent', async () => {
    const engine = memory()
    const { server } = await hosted({ engine })
    const run = rx(['send', server.url, 'r', 'e', '--json'], {
      input: linesOf(numbers(1, 3_000)),
      shell: '$RX | head -n 1',
    })
    expect(await run.code()).toBe(0)
    expect(run.out()).toHaveLength(1)
    await until('all messages', () => server.metrics().accepted === 3_000)
    expect(await held(engine, 'r')).toEqual(numbers(1, 3_000))
  })

  it('[CL42] nothing to send is no failure', async () => {
    const { server } = await hosted()
    const run = rx(['send', server.url, 'r', 'e'], { input: '\n  \n' })
    expect(await run.code()).toBe(0)
    expect(run.err()).toBe('')
  })

  it('[CL44] gives a message up after --within seconds, and says whether it may have arrived', async () => {
    const { server } = await hosted({ authorize: () => NEVER })
    const run = rx(['send', server.url, 'r', 'e', '1', '--within', '0.5'])
    expect(await run.code()).toBe(1)
    expect(run.err()).toBe(
      'rx-rooms: 1 of 1 message not acknowledged (1 may have arrived all the same); first error: No receipt came within 500 ms (delivery/timeout)\n',
    )
  })
})
