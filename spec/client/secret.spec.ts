import { inspect } from 'node:util'
import { BehaviorSubject, type Observable } from 'rxjs'
import { logTo } from '../../lib/kernel/log.js'
import { tokens } from '../../lib/kernel/tokens.js'
import type { Client } from '../../lib/client/client.js'
import type { ClientOptions } from '../../lib/client/options.js'
import type { Join, Refusal } from '../../lib/protocol/frame.js'
import type { TokenValue } from '../../lib/token/source.js'
import { createClient as create, webSocket } from '../../lib/index.js'
import { world } from '../../lib/testing/world.js'
import { manyRooms } from '../../lib/features/bulk/index.js'
import { metrics } from '../../lib/features/observe/index.js'
import { canaries, gossip, shownIn } from '../support/canaries.js'
import { Chat } from '../support/chat.js'
import { see } from '../support/seen.js'
import { stage, welcome } from '../support/stage.js'
import { tap } from '../support/wire.js'
import { admission } from '../../lib/features/room-life/admission.js'

const CANARY = 'canary-eyJhbGciOiJIUzI1NiJ9.sings'

/** Everything that a program can get to see of a client. */
const watchAll = (client: Client) => {
  const room = client.room('lobby', Chat)
  const streams: Observable<unknown>[] = [
    client.state$,
    client.session$,
    client.with(metrics).metrics$,
    client.faults$,
    client.undelivered$,
    room.membership$,
    room.on('message'),
    room.join(),
    client.connect(),
    room.post('message', { text: 'x' }),
  ]
  const seen = streams.map((stream) => see(stream))
  const log = ['log', 'info', 'warn', 'error', 'debug'].map((name) =>
    jest.spyOn(console, name as 'log').mockReturnValue(),
  )
  return (): string => {
    const everything = {
      client,
      room,
      rooms: manyRooms(client, ['lobby'], Chat),
      streams,
      values: seen.map(({ all }) => all),
      logs: log.map(({ mock }) => mock.calls),
    }
    return inspect(everything, { depth: Infinity, showHidden: true, getters: true }) + JSON.stringify(everything.values)
  }
}

describe('a token', () => {
  it('[CT14] shows in no state, error, log, metric, fault or inspection, and on the wire only in hello and auth', () => {
    const { client, network, time, end } = world({
      authenticate: ({ token }) => [token?.endsWith('rejected') ? null : { user: 'ana', expiresInMs: 60_000 }],
    })
    const wire = tap(network)
    const urls: string[] = []
    const token$ = new BehaviorSubject<TokenValue>(`${CANARY}-1`)
    const ana = client({
      token: tokens(token$),
      transport: (request) => {
        urls.push(JSON.stringify(request))
        return network.transport(request)
      },
    })
    const everything = watchAll(ana)
    const shown: string[] = []
    const moments: readonly (() => unknown)[] = [
      () => undefined,
      () => time.advanceBy(1),
      () => time.advanceBy(100),
      () => token$.next({ value: `${CANARY}-2`, expiresInMs: 60_000 }),
      () => time.advanceBy(100_000),
      () => network.cut(),
      () => time.advanceBy(10_000),
      () => token$.next(`${CANARY}-rejected`),
      () => time.advanceBy(100_000),
      () => token$.next(null),
      () => ana.connect(),
      () => time.advanceBy(10_000),
      () => token$.next(`${CANARY}-3`),
      () => time.advanceBy(10_000),
      () => ana.close(),
    ]
    for (const moment of moments) {
      moment()
      shown.push(everything())
    }
    expect(shown.filter((text) => text.includes('canary'))).toEqual([])
    expect(urls.filter((text) => text.includes('canary'))).toEqual([])
    expect(new Set(wire.tokens())).toEqual(new Set(['1', '2', 'rejected', '3'].map((end) => `${CANARY}-${end}`)))
    const carriers = wire.messages().filter((text) => text.includes('canary'))
    expect(carriers.filter((text) => !/"t":"(hello|auth)"/.test(text))).toEqual([])
    expect(end()).toBe(0)
  })

  it('[CT14] that a server repeats in its refusals is not repeated to anybody', () => {
    const echo = `no: ${CANARY}!`
    const { client, actor, time } = stage((frame, to) => {
      if (!('t' in frame))
        to.say({ t: 'refused', ref: frame[1], code: 'delivery/forbidden', message: echo, kind: 'terminal' })
      else if (frame.t === 'hello') {
        to.say(welcome())
        for (const { ch } of frame.rooms)
          to.say({ t: 'left', ch, code: 'room/forbidden', message: echo, kind: 'terminal' })
      }
    })
    const ana = client({ token: tokens(renewed()) })
    const everything = watchAll(ana)
    const moments: readonly (() => unknown)[] = [
      () => undefined,
      () => actor().close(1011, CANARY),
      () => actor().close(4401, CANARY),
      () => actor().say({ t: 'bye', because: echo, reconnect: { afterMs: 10, spreadMs: 0 }, drainMs: 0 }),
      () => actor().say({ t: 'refused', code: 'server/busy', message: echo, kind: 'retry' }),
      () => actor().say({ t: 'refused', code: 'auth/rejected', message: echo, kind: 'reauth' }),
      () => actor().say({ t: 'refused', code: 'server/closed', message: echo, kind: 'terminal' }),
    ]
    const shown: string[] = []
    for (const moment of moments) {
      time.advanceBy(10_000)
      moment()
      time.advanceBy(10)
      shown.push(everything())
      ana.connect()
    }
    expect(shown.flatMap((text) => /.{80}canary.{10}/s.exec(text) ?? [])).toEqual([])
    expect(shown.at(-1)).toContain('no: ***!')
    ana.close()
  })

  it('[CT14] the secret that resumes a session shows nowhere either', () => {
    const { client, time } = stage((frame, to) => {
      if (!('t' in frame) || frame.t !== 'hello') return
      to.say(welcome({ session: { id: 'public', resume: CANARY, expiresInMs: 60_000 } }))
      to.raw(JSON.stringify({ t: CANARY }))
    })
    const ana = client()
    const everything = watchAll(ana)
    time.advanceBy(1_000)
    expect(everything()).toContain('public')
    expect(everything()).not.toContain('canary')
    ana.close()
  })

  it('[CT14] no secret shows in what a server says, whole, in part, cut or encoded', () => {
    const words = gossip(Object.values(canaries))
    const refusal = (message: string, more: Partial<Refusal> = {}): Refusal => ({
      code: 'room/busy',
      message,
      kind: 'retry',
      ...more,
    })
    const { client, actor, time } = stage((frame, to) => {
      if ('t' in frame && frame.t === 'hello')
        to.say(welcome({ session: { id: 'public', resume: canaries.resume, expiresInMs: 60_000 } }))
    })
    const lines: string[] = []
    const write = (line: string) => void lines.push(line)
    const ana = client({
      url: `ws://stage/?key=${encodeURIComponent(canaries.url)}`,
      token: tokens(() => canaries.token),
      logger: logTo({ debug: write, info: write, warn: write, error: write }),
    })
    const everything = watchAll(ana)
    const faults = see(ana.faults$)
    const vault = ana.room('vault', Chat)
    vault.join(admission({ password: canaries.password }))
    time.advanceBy(1_000)
    const repeat = (message: string): void => {
      const [{ ch }] = actor().joins().slice(-1) as [Join]
      actor().say(
        { t: 'left', ch, ...refusal(message) },
        { t: 'left', ch, ...refusal('', { code: `room/${message}` }) },
      )
      actor().raw(JSON.stringify({ t: 'joined', ch: message }))
      actor().raw(JSON.stringify({ t: message }))
      actor().raw(JSON.stringify({ t: 'left', ch, code: 7, message }))
      time.advanceBy(2_000)
      actor().close(1011, message.slice(0, 123))
      time.advanceBy(60_000)
      actor().say({ t: 'bye', because: message, reconnect: { afterMs: 0, spreadMs: 0 }, drainMs: 0 })
      time.advanceBy(60_000)
      actor().say({ t: 'refused', ...refusal(message, { code: 'server/busy' }) })
      time.advanceBy(60_000)
    }
    for (const message of words) {
      repeat(message)
      vault.join(admission({ password: canaries.password }))
    }
    expect(faults.all.length).toBeGreaterThan(words.length)
    expect(shownIn(everything())).toEqual([])
    expect(shownIn(lines.join('\n'))).toEqual([])
    expect(lines.join('\n')).toContain('***')
    ana.close()
  })

  it.each<[string, ClientOptions]>([
    ['tokens', { url: 'ws://stage/', token: tokens(() => 'another') }],
    ['a logger', { url: 'ws://stage/', logger: logTo({ error: () => undefined }) }],
    ['an admission', { url: 'ws://stage/' }],
  ])('[CT14] no part of a secret shows in a client with %s', (of, options) => {
    const { client, time } = stage((frame, to) => {
      if (!('t' in frame) || frame.t !== 'hello') return
      to.say(welcome({ session: { id: 'public', resume: CANARY, expiresInMs: 60_000 } }))
      to.raw(JSON.stringify({ t: `no ${CANARY.slice(3, 13)}` }))
    })
    const ana = client(options)
    const faults = see(ana.faults$)
    if (of === 'an admission') ana.room('vault', Chat).join(admission({ password: 'sesame' }))
    ana.connect()
    time.advanceBy(1_000)
    expect(faults.last().message).toContain('no ***')
    ana.close()
  })

  it('[CT14] no secret shows in the error of an option where it does not belong', () => {
    const url = 'ws://stage/'
    const { token, password } = canaries
    const link = `ws://${canaries.url}@stage/?key=${canaries.url}`
    const options: readonly unknown[] = [
      link,
      { url: link.replace('ws:', 'http:') },
      { url, token },
      { url, token: { token } },
      { url, token: tokens(token as never) },
      { url, token: tokens(() => token, token as never) },
      { url, transport: webSocket(token as never) },
      { url, transport: webSocket({ headers: `Bearer ${token}` as never }) },
      { url, backoff: token },
    ]
    for (const given of options) expect(shownIn(inspect(see(create(given as never).state$).only()))).toEqual([])
    const { client, end } = world()
    const room = client().room('lobby', Chat)
    const calls = [room.join(password as never), room.leave(password as never)]
    for (const call of calls) expect(shownIn(inspect(see<unknown>(call).all))).toEqual([])
    expect(shownIn(inspect(see(room.send('message', { text: 'a' }, password as never)).all))).toEqual([])
    end()
  })

  it('[CT14] no secret shows in what the functions of the user throw', () => {
    const words = gossip([canaries.token, canaries.url])
    let word = ''
    const fail = (): never => {
      throw new Error(word)
    }
    const { client, time } = stage()
    const token$ = new BehaviorSubject<TokenValue>(canaries.token)
    let asks = 0
    const ana = client({
      url: () => (asks++ % 2 === 0 ? `ws://stage/?key=${canaries.url}` : fail()),
      token: tokens(() => (asks === 0 ? token$ : fail())),
      classify: fail,
    })
    const everything = watchAll(ana)
    ana.connect()
    time.advanceBy(100)
    ana.state$.subscribe(() => {
      if (word !== '') fail()
    })
    for (const each of words) {
      word = each
      ana.disconnect()
      ana.connect()
      time.advanceBy(60_000)
    }
    const shown = everything()
    expect(shown).toMatch(/SubscriberThrew/)
    expect(shown).toMatch(/token source failed/)
    expect(shownIn(shown)).toEqual([])
    ana.close()
  })
})

/** Asked again after a rejection, it has another. */
const renewed = (): (() => string) => {
  let count = 0
  return () => (count++ === 0 ? CANARY : `${count}-${CANARY}`)
}
