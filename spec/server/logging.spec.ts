import { Subject } from 'rxjs'
import type { Logger } from '../../lib/core/logger.js'
import type { EngineFailure } from '../../lib/server/engine.js'
import { memory } from '../../lib/server/memory.js'
import { createRoomServer } from '../../lib/server/server.js'
import { left, see } from '../support/seen.js'
import { join, pub } from './support/peer.js'
import { world } from './support/world.js'

/** A logger that keeps its lines. */
const keeping = () => {
  const lines: string[] = []
  const at = (level: string) => (line: string) => {
    lines.push(line.replace('rx-rooms:', level))
  }
  return { lines, logger: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') } }
}

describe('logger of a server', () => {
  it('[SV113] gets a line for each connection that is opened, welcomed, refused and closed', () => {
    const { lines, logger } = keeping()
    const { client, socket, server, time } = world({
      logger,
      authenticate: ({ token }) => [token === 'of eve' ? null : { user: 'ana' }],
    })
    const ana = client()
    client({ token: 'of eve' })
    socket().send(join(1, 'lobby'))
    ana.drop()
    const silent = client({}, { pongs: false })
    time.advanceBy(60_000)
    expect(silent.isTerminated()).toBe(true)
    client({ session: { instance: 'x', generation: 1 } })
    client({ session: { instance: 'x', generation: 2 } })
    expect(lines).toEqual([
      'debug link 1 opened',
      'debug link 1 welcomed: user ana',
      'debug link 2 opened',
      'warn link 2 refused: The token was not accepted. (auth/rejected)',
      'debug link 2 closed: 4401 auth/rejected',
      'debug link 3 opened',
      'warn link 3 refused: The first frame must be hello, and there is one only. (protocol/handshake)',
      'debug link 3 closed: 4400 protocol/handshake',
      'debug link 1 closed: 1006',
      'debug link 4 opened',
      'debug link 4 welcomed: user ana',
      'debug link 4 closed: silent',
      'debug link 5 opened',
      'debug link 5 welcomed: user ana',
      'debug link 6 opened',
      'debug link 5 refused: A newer link of the same client has taken over. (session/superseded)',
      'debug link 6 welcomed: user ana',
      'debug link 5 closed: 4409 session/superseded',
    ])
    void server.close()
    expect(lines.slice(-3)).toEqual([
      'debug link 6 refused: The server was closed. (server/closed)',
      'debug link 6 closed: 1001 server/closed',
      'info closed',
    ])
    client()
    expect(lines.filter((line) => line === 'info closed')).toHaveLength(1)
  })

  it('[SV113] gets the start and the end of a drain', () => {
    const { lines, logger } = keeping()
    const { client, server, time } = world({ logger })
    client()
    client({}, { pongs: false })
    lines.length = 0
    server.drain({ because: 'deploy', drainMs: 3_000 })
    server.drain()
    time.advanceBy(5_000)
    client()
    expect(lines).toEqual([
      'info draining: deploy, 2 links, within 3000 ms',
      'debug link 1 closed: 1012 deploy',
      'debug link 2 closed: 1012 deploy',
      'info drained in 3000 ms',
      'debug link 3 opened',
      'debug link 3 refused: The server is going away. (server/draining)',
      'debug link 3 closed: 1012 server/draining',
    ])
  })

  it('[SV113] gets the faults of hooks and of the engine, with or without a subscriber to faults$', () => {
    const { lines, logger } = keeping()
    const told = new Subject<EngineFailure>()
    const { client, faults } = world({
      logger,
      engine: (engine) => ({ ...engine, faults$: told }),
      authorize: () => {
        throw new Error('no database')
      },
    })
    client({ rooms: [join(1, 'lobby')] })
    told.next({ message: 'the disk is full' })
    told.error(new Error('out of order'))
    expect(lines.filter((line) => !line.startsWith('debug'))).toEqual([
      'error hook: authorize: no database (user anonymous, room lobby)',
      'error engine: the disk is full',
      'error engine: out of order',
    ])
    expect(faults).toHaveLength(3)
    const alone = keeping()
    const failing = new Subject<EngineFailure>()
    const server = createRoomServer({ engine: { ...memory(), faults$: failing }, logger: alone.logger })
    failing.next({ message: 'the disk is full' })
    void server.close()
    expect(failing.observed).toBe(false)
    expect(alone.lines[0]).toBe('error engine: the disk is full')
  })

  it('[SV113] [SV9] gets no token, no password and no payload, in single lines', () => {
    const { lines, logger } = keeping()
    const { client, socket, faults } = world({
      logger,
      authenticate: ({ token = '' }) => {
        if (token.startsWith('bad')) throw new Error(`${'x'.repeat(190)}${token}`)
        return [{ user: 'ana\nrx-rooms: forged' }]
      },
      authorize: ({ password }) => {
        throw new Error(`wrong: ${String(password)}`)
      },
    })
    client({ token: `bad-canary-${'0'.repeat(300)}` })
    client({ token: 'canary' }).send(join(1, 'lobby', { password: 'canary' }))
    client({ token: 'canary' }).send(pub(2, 'lobby', 1, { data: 'canary' }))
    socket().sendRaw('{"t":"hello","token":{"canary":1}}')
    client().sendRaw('{"t":"join","ch":1,"room":"lobby","want":["canary"],"password":["canary"]}')
    client().sendRaw('["p",1,"lobby","p1","canary",0,"id","e","canary",0]')
    expect(faults.map(({ where }) => where)).toEqual(['hook', 'hook', 'hook'])
    expect(JSON.stringify([lines, faults])).not.toMatch(/canary|bad-c/)
    expect(lines.join('')).not.toContain('\n')
    expect(lines).toContain('debug link 2 welcomed: user ana\\u000arx-rooms: forged')
  })

  it('[SV113] that throws is a fault, once, and disturbs nothing; levels may be missing', () => {
    const boom = jest.fn(() => {
      throw new Error('full')
    })
    const { client, faults, server } = world({ logger: { debug: boom, info: boom } })
    expect(client().all('welcome')).toHaveLength(1)
    expect(see(server.drain()).only()._tag).toBe('Right')
    expect(faults).toEqual([{ where: 'hook', message: 'logger: full' }])
    expect(boom.mock.calls.length).toBeGreaterThan(3)
  })

  it('[SV113] that causes lines itself does not get them', () => {
    const told = new Subject<EngineFailure>()
    const error = jest.fn(() => {
      told.next({ message: 'the disk of the logger is full' })
    })
    const { faults } = world({ logger: { error }, engine: (engine) => ({ ...engine, faults$: told }) })
    told.next({ message: 'the disk is full' })
    expect(error.mock.calls).toEqual([['rx-rooms: engine: the disk is full']])
    expect(faults).toHaveLength(2)
  })

  it('[SV113] [SV92] is a logger, or a ConfigError', () => {
    for (const logger of [7, {}, null]) {
      const server = createRoomServer({ engine: memory(), logger: logger as Logger })
      expect(left(see(server.publish('lobby', 'message')).only())).toMatchObject({ option: 'logger' })
    }
  })
})
