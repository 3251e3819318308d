import { firstValueFrom, lastValueFrom, NEVER, type Observable } from 'rxjs'
import * as E from '#fp/Either'
import type { Client } from '../../lib/client/client.js'
import { tokens } from '../../lib/kernel/tokens.js'
import type { Result } from '../../lib/core/result.js'
import { type World, world } from '../../lib/testing/world.js'
import { Chat } from '../support/chat.js'
import { see } from '../support/seen.js'

/** Brings a client to a state. */
const states: Readonly<Record<string, (ana: Client, world: World) => void>> = {
  Idle: () => undefined,
  Authorizing: (ana) => ana.connect(),
  Connecting: (ana, { network, time }) => {
    network.hang(true)
    ana.connect()
    time.advanceBy(10)
  },
  Handshaking: (ana, { network, time }) => {
    ana.connect()
    time.advanceBy(2)
    network.blackhole(true)
  },
  Online: (ana, { time }) => {
    ana.connect()
    time.advanceBy(100)
  },
  Waiting: (ana, { network, time }) => {
    network.refuse(true)
    ana.connect()
    time.advanceBy(30_000)
  },
  Stopped: (ana, { server, time }) => {
    ana.connect()
    time.advanceBy(100)
    server().drain({ never: true })
    time.advanceBy(100)
    ana.connect()
    time.advanceBy(60_000)
  },
  Closed: (ana, { time }) => {
    ana.close()
    time.advanceBy(0)
  },
}

const room = (ana: Client) => ana.room('lobby', Chat)
const operations: Readonly<Record<string, (ana: Client) => Observable<Result<unknown>>>> = {
  'connect()': (ana) => ana.connect(),
  'connect({ room })': (ana) => ana.connect({ room: room(ana) }),
  'disconnect()': (ana) => ana.disconnect(),
  'close()': (ana) => ana.close(),
  'close({ drainMs })': (ana) => ana.close({ drainMs: 60_000 }),
  'join()': (ana) => room(ana).join(),
  'join() of a room that is none': (ana) => ana.room('', Chat).join(),
  'leave()': (ana) => room(ana).leave(),
  'send()': (ana) => room(ana).send('message', { text: 'x' }, { withinMs: 30_000 }),
  'send() of what does not fit': (ana) => room(ana).send('message', { text: 7 } as never),
  'send() of what is no event': (ana) => room(ana).send('nonsense' as never, 1 as never),
  'post()': (ana) => room(ana).post('message', { text: 'x' }),
}

const cases = Object.keys(states).flatMap((state) => Object.keys(operations).map((name) => [name, state] as const))

describe('operations', () => {
  it.each(cases)('[CT8] %s answers exactly once and completes: %s', (name, state) => {
    const here = world({ authenticate: ({ token }) => [token === 'revoked' ? null : { user: 'ana' }] })
    const texts = ['good', 'revoked']
    const ana = here.client({
      ...(state === 'Stopped' ? { token: tokens(() => texts.shift() ?? 'revoked') } : {}),
      ...(state === 'Authorizing' ? { token: tokens(() => NEVER) } : {}),
    })
    const now = see(ana.state$)
    states[state]?.(ana, here)
    expect(now.last()._tag).toBe(state)

    const operation$ = operations[name]!(ana)
    const [first, again] = [see(operation$), see(operation$)]
    here.time.advanceBy(600_000)
    ana.close()
    here.time.advanceBy(0)
    for (const answer of [first, again, see(operation$)]) expect(['Left', 'Right']).toContain(answer.only()._tag)
    here.network.blackhole(false)
    expect(here.end()).toBe(0)
  })

  it.each(Object.keys(operations))('[T20] %s neither hangs nor ends empty for firstValueFrom', async (name) => {
    const { client, time } = world()
    const ana = client()
    const operation$ = operations[name]!(ana)
    const [first, last] = [firstValueFrom(operation$), lastValueFrom(operation$)]
    time.advanceBy(100)
    ana.close()
    time.advanceBy(0)
    const [a, b] = [await first, await last]
    expect([E.isLeft(a) || E.isRight(a), b]).toEqual([true, a])
  })
})
