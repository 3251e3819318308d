import { inspect } from 'node:util'
import { BehaviorSubject, type Observable } from 'rxjs'
import type { Client } from '../../lib/client/client.js'
import type { TokenValue } from '../../lib/token/source.js'
import { world } from '../../lib/testing/world.js'
import { Chat } from '../support/chat.js'
import { see } from '../support/seen.js'
import { stage, welcome } from '../support/stage.js'
import { tap } from '../support/wire.js'

const CANARY = 'canary-eyJhbGciOiJIUzI1NiJ9.sings'

/** Everything that a program can get to see of a client. */
const watchAll = (client: Client) => {
  const room = client.room('lobby', Chat)
  const streams: Observable<unknown>[] = [
    client.state$,
    client.session$,
    client.metrics$,
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
      token: token$,
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
    const ana = client({ token: renewed() })
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
      if ('t' in frame && frame.t === 'hello')
        to.say(welcome({ session: { id: 'public', resume: CANARY, expiresInMs: 60_000 } }))
    })
    const ana = client()
    const everything = watchAll(ana)
    time.advanceBy(1_000)
    expect(everything()).toContain('public')
    expect(everything()).not.toContain('canary')
    ana.close()
  })
})

/** Asked again after a rejection, it has another. */
const renewed = (): (() => string) => {
  let count = 0
  return () => (count++ === 0 ? CANARY : `${count}-${CANARY}`)
}
