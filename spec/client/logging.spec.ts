import type { ConnectionState } from '../../lib/connection/model.js'
import { deliveryError } from '../../lib/core/error.js'
import { stateText, undeliveredText } from '../../lib/kernel/log-texts.production.js'
import { logTo } from '../../lib/kernel/log.js'
import { tokens } from '../../lib/kernel/tokens.js'
import type { Logger } from '../../lib/core/logger.js'
import { world } from '../../lib/testing/world.js'
import { Chat } from '../support/chat.js'
import { left, see } from '../support/seen.js'

/** A logger that keeps its lines. */
const keeping = () => {
  const lines: string[] = []
  const at = (level: string) => (line: string) => {
    lines.push(`${level} ${line}`)
  }
  return { lines, logger: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') } }
}

describe('logger', () => {
  it('[CT21] gets a line for each change of the connection', () => {
    const { client, network, time, end } = world()
    const { lines, logger } = keeping()
    const ana = client({ logger: logTo(logger) })
    ana.connect()
    time.advanceBy(100)
    network.refuse(true)
    network.cut()
    time.advanceBy(10)
    ana.close({ drainMs: 0 })
    expect(lines).toEqual([
      'debug rx-rooms: authorizing',
      'debug rx-rooms: connecting',
      'debug rx-rooms: handshaking',
      'info rx-rooms: online',
      expect.stringMatching(/^warn rx-rooms: offline, next try in \d+ ms: .* \(connection\/closed\)$/),
      'info rx-rooms: closed',
    ])
    expect(end()).toBe(0)
  })

  it('[CT21] gets gaps, refused joins, posts that were not delivered, and faults', () => {
    const { client, network, time, restart, end } = world({
      authorize: ({ room }) => [room === 'secret' ? [] : ['read', 'publish', 'history']],
    })
    const { lines, logger } = keeping()
    const ana = client({ logger: logTo(logger), random: () => NaN })
    const lobby = ana.room('lobby', Chat)
    see(lobby.on('message'))
    see(ana.room('secret', Chat).on('message'))
    lobby.post('message', { text: 'a' })
    time.advanceBy(100)
    network.refuse(true)
    network.cut()
    const lost = lobby.post('message', { text: 'private' }, { withinMs: 100 })
    lobby.send('message', { text: 'of its caller' }, { withinMs: 100 })
    time.advanceBy(100)
    network.refuse(false)
    restart({ engine: 'new' })
    time.advanceBy(60_000)
    const warnings = lines.filter((line) => line.startsWith('warn') && !line.includes('offline'))
    expect(warnings.map((line) => line.replace(/^warn rx-rooms: /, ''))).toEqual(
      expect.arrayContaining([
        'FunctionThrew: random: it gave NaN',
        expect.stringMatching(/^Room secret: .* \(room\/forbidden\)$/),
        expect.stringMatching(/messages of lobby are missing: .* \(room\/gap\)$/),
        expect.stringMatching(
          new RegExp(`^not delivered: message to lobby, id ${lost.id}: .* \\(delivery/timeout\\)$`),
        ),
      ]),
    )
    expect(warnings.filter((line) => line.includes('not delivered'))).toHaveLength(1)
    expect(lines.join()).not.toContain('private')
    expect(end()).toBe(0)
  })

  it('[CT21] names the state, the error and the message in builds for pages', () => {
    const error = deliveryError({
      ...{ code: 'delivery/timeout', message: 'Too late.', remedy: '', kind: 'terminal', executed: 'no' },
      ...{ room: 'lobby', event: 'message', id: 'i1' },
    })
    const states: readonly ConnectionState[] = [
      { _tag: 'Idle', because: 'asked', generation: 1 },
      { _tag: 'Online', attempt: 0, generation: 1, quality: 'degraded' },
      { _tag: 'Stopped', because: error, generation: 1 },
      { _tag: 'Closed', generation: 1 },
    ]
    expect([...states.map(stateText), undeliveredText({ room: 'lobby', event: 'message', id: 'i1', error })]).toEqual([
      'Idle',
      'Online degraded',
      'Stopped: Too late. (delivery/timeout)',
      'Closed',
      'i1: Too late. (delivery/timeout)',
    ])
  })

  it('[CT21] [CT14] gets no token and no secret', () => {
    const { client, time, end } = world({ authenticate: () => [null] })
    const { lines, logger } = keeping()
    const ana = client({ logger: logTo(logger), token: tokens(() => 'hunter2') })
    ana.connect()
    time.advanceBy(10_000)
    expect(lines.some((line) => line.startsWith('error rx-rooms: stopped: '))).toBe(true)
    expect(lines.join()).not.toContain('hunter2')
    expect(end()).toBe(0)
  })

  it('[CT21] [CT12] that throws is a fault, once, and disturbs nothing', () => {
    const { client, time, end } = world()
    const boom = jest.fn(() => {
      throw new Error('full')
    })
    const ana = client({ logger: logTo({ debug: boom, info: boom, warn: boom, error: boom }) })
    const faults = see(ana.faults$)
    const joined = see(ana.room('lobby', Chat).join())
    time.advanceBy(100)
    expect(joined.only()._tag).toBe('Right')
    expect(faults.all).toEqual([{ _tag: 'FunctionThrew', message: 'logger: full' }])
    expect(boom.mock.calls.length).toBeGreaterThan(3)
    expect(end()).toBe(0)
  })

  it('[CT21] is called as a method, and levels may be missing', () => {
    class Pino {
      readonly lines: string[] = []
      warn(line: string): void {
        this.lines.push(line)
      }
    }
    const { client, network, time, end } = world()
    const logger = new Pino()
    network.refuse(true)
    client({ logger: logTo(logger) }).connect()
    time.advanceBy(10)
    expect(logger.lines).toHaveLength(1)
    expect(end()).toBe(0)
  })

  it('[CT21] [CT7] is console, or a ConfigError', () => {
    const { client, end } = world()
    const loggers: readonly Logger[] = [console]
    expect(
      loggers.map((logger) => see(client({ logger: logTo({ warn: logger.warn!.bind(logger) }) }).state$).last()._tag),
    ).toEqual(['Idle'])
    for (const logger of [7, {}, null, undefined, { log: () => undefined }])
      expect(left(see(client({ logger: logTo(logger as Logger) }).connect()).only())).toMatchObject({
        option: 'logger',
      })
    expect(left(see(client({ logger: console as never }).connect()).only())).toMatchObject({
      option: 'logger',
      remedy: expect.stringContaining('logTo(console)') as string,
    })
    expect(end()).toBe(0)
  })
})
