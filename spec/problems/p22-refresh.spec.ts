import { BehaviorSubject, NEVER, Subject } from 'rxjs'
import { tokens } from '../../lib/kernel/tokens.js'
import { jwt } from '../../lib/token/jwt.js'
import type { TokenContext } from '../../lib/token/source.js'
import { world } from '../../lib/testing/world.js'
import { Chat } from '../support/chat.js'
import { overflowing } from '../support/overflow.js'
import { see, tags } from '../support/seen.js'
import { admits, stage } from '../support/stage.js'
import { tap } from '../support/wire.js'

const DAY = 24 * 3_600_000

/** A JSON Web Token that was issued and expires at these seconds of some clock. */
const jsonWebToken = (iat: number, exp: number): string =>
  ['{"alg":"none"}', JSON.stringify({ iat, exp }), 'x'].map((part) => Buffer.from(part).toString('base64url')).join('.')

describe('refreshing the token', () => {
  it('[P22] is one call at a time, however many rooms and needs wait for it', () => {
    const { client, network, time, end } = world()
    const wire = tap(network)
    const token$ = new Subject<string>()
    let calls = 0
    const ana = client({
      token: tokens(() => {
        calls++
        return token$
      }),
    })
    for (let room = 0; room < 50; room++) see(ana.room(`room ${room}`, Chat).on('message'))
    ana.connect()
    ana.connect()
    ana.room('lobby', Chat).post('message', { text: 'x' })
    time.advanceBy(1_000)
    expect([calls, wire.up('hello').length]).toEqual([1, 0])
    token$.next('token')
    time.advanceBy(1_000)
    expect([calls, wire.tokens()]).toEqual([1, ['token']])
    expect(wire.members(1)).toHaveLength(50)
    expect(end()).toBe(0)
  })

  it('[P22] of fifty rooms whose permission ends at once is one call, and they are all tried again with what it gives', () => {
    const reasons: string[] = []
    const { client, network, time, end } = world({
      authenticate: ({ token }) => [{ user: 'ana', roles: [token ?? ''], expiresInMs: 60_000 }],
      authorize: ({ roles }) => [roles.includes('token 1') ? [] : ['read']],
    })
    const wire = tap(network)
    const ana = client({
      token: tokens(({ reason, ask }) => {
        reasons.push(reason)
        return `token ${ask}`
      }),
    })
    for (let room = 0; room < 50; room++) see(ana.room(`room ${room}`, Chat).on('message'))
    time.advanceBy(60_000)
    expect(reasons).toEqual(['first', 'expiring'])
    expect(wire.members(1)).toHaveLength(50)
    expect(end()).toBe(0)
  })

  it('[P22] [T12] of one that lives for 40 days comes once in 40 days, and not at once', () => {
    // Quiet, so that 40 days are few events.
    const { client, time, end } = world({ heartbeat: { intervalMs: DAY, graceMs: DAY } })
    const asked: number[] = []
    const ana = client({
      scheduler: overflowing(time),
      random: () => 0,
      token: tokens(() => {
        asked.push(time.now())
        return { value: `token ${asked.length}`, expiresInMs: 40 * DAY }
      }),
    })
    ana.connect()
    time.advanceBy(39.9 * DAY)
    expect(asked).toEqual([0])
    time.advanceBy(0.1 * DAY)
    expect(asked).toEqual([0, 40 * DAY - 30_000])
    expect(see(ana.state$).last()._tag).toBe('Online')
    expect(end()).toBe(0)
  })

  it.each([0, 3_600, -3_600, 10 ** 9])(
    '[P22] trusts no local clock: issued by one that is off by %i seconds',
    (skew) => {
      const { client, time, end } = world()
      const asked: number[] = []
      const ana = client({
        random: () => 0,
        token: tokens(
          jwt(() => {
            asked.push(time.now())
            const issued = Math.floor(time.now() / 1_000) + skew
            return jsonWebToken(issued, issued + 600)
          }),
        ),
      })
      ana.connect()
      time.advanceBy(3_600_000)
      // Each lives 600 s and is renewed 30 s before its end.
      expect(asked).toEqual([0, 570, 1_140, 1_710, 2_280, 2_850, 3_420].map((second) => second * 1_000))
      expect(end()).toBe(0)
    },
  )

  it('[P22] that fails is tried again with growing pauses, and the link lives on until the end of the token', () => {
    let lastOnline = 0
    const { client, network, time, end } = world({ authenticate: () => [{ user: 'ana', expiresInMs: 100_000 }] })
    const calls: number[] = []
    const ana = client({
      random: () => 0.5,
      token: tokens(({ reason }: TokenContext) => {
        calls.push(time.now())
        if (reason === 'first') return 'token 1'
        throw new Error('the auth service is down')
      }),
    })
    const state = see(ana.state$)
    ana.state$.subscribe(({ _tag }) => {
      if (_tag === 'Online') lastOnline = time.now()
    })
    ana.connect()
    time.advanceBy(99_000)
    expect([state.last()._tag, network.links()]).toEqual(['Online', 1])
    expect(calls.length).toBeGreaterThan(2)
    expect(calls.length).toBeLessThan(12)
    time.advanceBy(2_000)
    expect(state.last()._tag).not.toBe('Online')
    expect(lastOnline).toBeLessThan(1_000)
    expect(end()).toBe(0)
  })

  it('[P22] whose answer the server cannot check is offered again, and the link lives on', () => {
    let isUp = true
    const { client, network, time, end } = world({
      authenticate: () => (isUp ? [{ user: 'ana', expiresInMs: 100_000 }] : NEVER),
      answerMs: 500,
    })
    const wire = tap(network)
    const ana = client({ random: () => 0.5, token: tokens(({ ask }) => `token ${ask}`) })
    const state = see(ana.state$)
    ana.connect()
    time.advanceBy(80_000)
    isUp = false
    time.advanceBy(10_000)
    isUp = true
    time.advanceBy(300_000)
    expect(tags(state).filter((tag) => tag === 'Online')).toHaveLength(1)
    expect(wire.up('auth').length).toBeGreaterThan(3)
    expect(new Set(wire.tokens()).size).toBeLessThan(wire.tokens().length)
    expect(end()).toBe(0)
  })

  it('[P22] [T1] listens to a live source once while it is needed, and to none afterwards', () => {
    const { client, time, end } = world()
    const token$ = new BehaviorSubject('token 1')
    const ana = client({ token: tokens(token$) })
    ana.connect()
    time.advanceBy(100)
    expect(token$.observed).toBe(true)
    token$.next('token 2')
    time.advanceBy(100)
    ana.disconnect()
    time.advanceBy(0)
    expect(token$.observed).toBe(false)
    ana.connect()
    time.advanceBy(100)
    ana.close()
    time.advanceBy(0)
    expect(token$.observed).toBe(false)
    expect(end()).toBe(0)
  })

  it('[P22] [T12] a wait of a month that the server asks for is an hour, not nothing', () => {
    const { client, time, actors } = stage((frame, to) => {
      if (to.number > 1) admits(frame, to)
      else if ('t' in frame && frame.t === 'hello')
        to.say({ t: 'refused', code: 'server/moved', message: '', kind: 'retry', retryAfterMs: 30 * DAY })
    })
    const scheduler = overflowing(time)
    const ana = client({ scheduler, random: () => 0 })
    ana.connect()
    time.advanceBy(3_600_000)
    expect(scheduler.tooLong).toEqual([])
    expect(actors).toHaveLength(1)
    time.advanceBy(1_000)
    expect(actors).toHaveLength(2)
    ana.close()
  })
})
