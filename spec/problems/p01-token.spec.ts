import fc from 'fast-check'
import { BehaviorSubject, Subject } from 'rxjs'
import { tokens } from '../../lib/kernel/tokens.js'
import type { Hint } from '../../lib/core/ports.js'
import type { TokenContext, TokenValue } from '../../lib/token/source.js'
import { world } from '../../lib/testing/world.js'
import { Chat } from '../support/chat.js'
import { see, tags } from '../support/seen.js'
import { tap } from '../support/wire.js'

/** A world that knows who a token is of, and refuses those that are revoked. */
const guarded = (more: { readonly expiresInMs?: number } = {}) => {
  const revoked = new Set<string>()
  const here = world({
    authenticate: ({ token = '' }) => [revoked.has(token) ? null : { user: token.split(' ')[0] ?? '', ...more }],
  })
  return { ...here, revoked, wire: tap(here.network) }
}

describe('the token', () => {
  it('[P1] is asked for before each greeting, by whatever way it came about, with the reason; what was given is what is sent', () => {
    const { client, network, time, wire, end } = guarded()
    const hints$ = new Subject<Hint>()
    const asked: TokenContext[] = []
    const ana = client({
      hints$,
      random: () => 0.5,
      token: tokens((context) => {
        asked.push(context)
        return `ana ${context.ask}`
      }),
    })
    const causes: readonly (readonly [string, () => void])[] = [
      ['first', () => see(ana.room('lobby', Chat).on('message'))],
      ['reconnect', () => network.cut()],
      [
        'reconnect',
        () => {
          network.refuse(true)
          network.cut()
          time.advanceBy(1)
          network.refuse(false)
          hints$.next('online')
        },
      ],
      [
        'first',
        () => {
          ana.disconnect()
          ana.connect()
        },
      ],
      [
        'first',
        () => {
          network.cut()
          time.advanceBy(1)
          ana.connect()
        },
      ],
      [
        'reconnect',
        () => {
          hints$.next('frozen')
          time.sleepFor(3_600_000)
          hints$.next('resumed')
        },
      ],
    ]
    for (const [index, [reason, cause]] of causes.entries()) {
      cause()
      time.advanceBy(5_000)
      expect([reason, asked.at(-1)]).toEqual([reason, { reason, ask: index + 1 }])
      expect(wire.tokens()).toHaveLength(index + 1)
      expect(wire.tokens().at(-1)).toBe(`ana ${index + 1}`)
      time.advanceBy(10_000)
    }
    expect(end()).toBe(0)
  })

  it('[P1] that was refused is asked for anew, with that reason, and never sent again; then the client stops', () => {
    const { client, revoked, time, wire, end } = guarded()
    const reasons: string[] = []
    const values = ['ana 1', 'ana 1', 'ana 2', 'ana 1', 'ana 2', 'ana 3']
    for (const value of ['ana 1', 'ana 2']) revoked.add(value)
    const ana = client({
      token: tokens(({ reason }) => {
        reasons.push(reason)
        return values.shift() ?? null
      }),
    })
    const state = see(ana.state$)
    ana.connect()
    time.advanceBy(60_000)
    expect(state.last()).toMatchObject({ _tag: 'Stopped', because: { code: 'auth/rejected' } })
    expect(wire.tokens()).toEqual(['ana 1'])
    for (let attempt = 0; attempt < 5; attempt++) {
      ana.connect()
      time.advanceBy(60_000)
    }
    expect(new Set(wire.tokens()).size).toBe(wire.tokens().length)
    expect(wire.tokens()).toEqual(['ana 1', 'ana 2', 'ana 3'])
    expect(reasons[1]).toBe('rejected')
    expect(end()).toBe(0)
  })

  it('[P1] of a source that signs out (null) stops the client, and a later one connects again as whoever it is', () => {
    const { client, time, network, wire, end } = guarded()
    const token$ = new BehaviorSubject<TokenValue>('ana 1')
    const ana = client({ token: tokens(token$) })
    const [state, session] = [see(ana.state$), see(ana.session$)]
    see(ana.room('lobby', Chat).on('message'))
    time.advanceBy(100)
    token$.next(null)
    time.advanceBy(3_600_000)
    expect(state.last()).toMatchObject({ _tag: 'Stopped', because: { code: 'auth/signed-out' } })
    expect(network.links()).toBe(0)
    token$.next('ben 1')
    time.advanceBy(100)
    expect(session.last()).toMatchObject({ _tag: 'Active', user: 'ben' })
    expect(wire.members(wire.lastLink())).toEqual(['lobby'])
    expect(wire.tokens()).toEqual(['ana 1', 'ben 1'])
    expect(end()).toBe(0)
  })

  it('[P1] of another user on a live link is refused in band, and the client does not stay online as the former', () => {
    const { client, time, wire, end } = guarded()
    const token$ = new BehaviorSubject<TokenValue>('ana 1')
    const ana = client({ token: tokens(token$) })
    const state = see(ana.state$)
    ana.connect()
    time.advanceBy(100)
    token$.next('ben 1')
    time.advanceBy(100)
    expect(state.last()).toMatchObject({ _tag: 'Stopped', because: { code: 'auth/subject' } })
    ana.connect()
    time.advanceBy(100)
    expect(see(ana.session$).last()).toMatchObject({ user: 'ben' })
    expect(wire.tokens()).toEqual(['ana 1', 'ben 1', 'ben 1'])
    expect(end()).toBe(0)
  })

  it('[P1] is renewed on the live link when the source has another, or the same again, without a new socket', () => {
    const { client, time, wire, network, end } = guarded({ expiresInMs: 60_000 })
    const ana = client({ token: tokens(({ reason }) => (reason === 'expiring' ? { value: 'ana same' } : 'ana same')) })
    const state = see(ana.state$)
    const heard = see(ana.room('lobby', Chat).on('message'))
    ana.connect()
    time.advanceBy(600_000)
    expect(wire.up('hello')).toHaveLength(1)
    expect(wire.up('auth').length).toBeGreaterThanOrEqual(10)
    expect(wire.down('auth.ok')).toHaveLength(wire.up('auth').length)
    expect(new Set(wire.tokens())).toEqual(new Set(['ana same']))
    expect(tags(state).filter((tag) => tag === 'Online')).toHaveLength(1)
    expect([heard.isComplete(), network.links()]).toEqual([false, 1])
    expect(end()).toBe(0)
  })

  it('[P1] that another replaces while it is being greeted with is followed by that one at once', () => {
    const { client, time, wire, end } = guarded()
    const token$ = new BehaviorSubject<TokenValue>('ana 1')
    const ana = client({ token: tokens(token$) })
    ana.connect()
    time.advanceBy(3)
    expect(see(ana.state$).last()._tag).toBe('Handshaking')
    token$.next('ana 2')
    time.advanceBy(100)
    expect(wire.tokens()).toEqual(['ana 1', 'ana 2'])
    expect(wire.down('auth.ok')).toHaveLength(1)
    expect(end()).toBe(0)
  })

  it('[P1] no frame ever carries one that the source has superseded or the server has rejected', () => {
    const event = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 20_000 }) }),
      },
      fc.record({ do: fc.constantFrom('next', 'revoke', 'cut', 'connect', 'disconnect', 'null', 'online', 'same') }),
    )
    fc.assert(
      fc.property(fc.array(event, { minLength: 5, maxLength: 40 }), (events) => {
        const { client, network, time, revoked, end } = guarded({ expiresInMs: 30_000 })
        const hints$ = new Subject<Hint>()
        let count = 1
        const token$ = new BehaviorSubject<TokenValue>('ana 1')
        const rejected = new Set<string>()
        const wire = tap(network)
        const wrong: string[] = []
        let checked = 0
        network.frames$.subscribe(({ direction }) => {
          if (direction === 'down') return
          for (const token of wire.tokens().slice(checked)) {
            if (token !== token$.value) wrong.push(`${token} instead of ${JSON.stringify(token$.value)}`)
            if (rejected.has(token)) wrong.push(`${token} was rejected`)
          }
          checked = wire.tokens().length
        })
        // What the server has refused, once it has said so on a link.
        network.frames$.subscribe(({ direction, data }) => {
          if (direction === 'down' && String(data).includes('auth/rejected')) rejected.add(wire.tokens().at(-1)!)
        })
        const ana = client({ token: tokens(token$), hints$ })
        see(ana.room('lobby', Chat).on('message'))
        const acts: Readonly<Record<string, () => unknown>> = {
          next: () => token$.next(`ana ${++count}`),
          same: () => token$.next(`ana ${count}`),
          revoke: () => revoked.add(`ana ${count}`),
          cut: () => network.cut(),
          connect: () => ana.connect(),
          disconnect: () => ana.disconnect(),
          null: () => token$.next(null),
          online: () => hints$.next('online'),
        }
        for (const event of events) {
          if ('ms' in event) time.advanceBy(event.ms)
          else acts[event.do]?.()
        }
        time.advanceBy(60_000)
        expect(wrong).toEqual([])
        if (see(ana.state$).last()._tag === 'Online') expect(wire.tokens().at(-1)).toBe(token$.value)
        expect(end()).toBe(0)
      }),
      { numRuns: 75, seed: 1 },
    )
  })
})
