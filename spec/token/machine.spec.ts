import { inspect } from 'node:util'
import fc from 'fast-check'
import { BehaviorSubject, concat, map, NEVER, type Observable, of, Subject, throwError, timer } from 'rxjs'
import { jwt } from '../../lib/token/jwt.js'
import type { TokenValue } from '../../lib/token/source.js'
import { jwt as jsonWebToken, tokenRig, turnstile } from '../support/token.js'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const hourly = (value: string) => (): TokenValue => ({ value, expiresInMs: HOUR })
const fails = (): Observable<never> => throwError(() => new Error('no network'))

describe('the token in time', () => {
  it('[TK2] is asked for when it is needed, with the reason, and no more', () => {
    const { ask, send, said, asked, time, calls } = tokenRig(() => 'a')
    expect(asked).toEqual([])
    ask('first')
    send({ _tag: 'Release' })
    ask('reconnect')
    time.advanceTo(DAY)
    expect(asked).toEqual(['0 first', '0 reconnect'])
    expect(said).toEqual(['0 Granted', '0 Granted'])
    expect(calls).toEqual({ live: 0, most: 1 })
  })

  it('[TK2] [P22] one call at a time: who asks again takes the place of the call before', () => {
    const slow = new Subject<string>()
    const { ask, said, calls, running } = tokenRig(slow)
    for (let n = 0; n < 50; n++) ask('first')
    expect(calls).toEqual({ live: 1, most: 1 })
    slow.next('a')
    expect(said).toEqual(['0 Granted'])
    expect(running.state()).toMatchObject({ _tag: 'Held', token: 1 })
  })

  it('[TK7] is renewed at its lifetime less leeway and spread, counted from its receipt', () => {
    const lifetimes = fc.integer({ min: 1, max: 365 * DAY })
    const chances = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
    fc.assert(
      fc.property(lifetimes, chances, fc.nat(DAY), (lifetimeMs, chance, startMs) => {
        const { ask, time, running } = tokenRig(() => ({ value: 'a', expiresInMs: lifetimeMs }), {
          chance: () => chance,
        })
        time.advanceTo(startMs)
        ask('first')
        const leewayMs = Math.min(30_000, lifetimeMs / 10)
        const after = Math.max(1_000, lifetimeMs - leewayMs - 0.1 * lifetimeMs * chance)
        expect(running.state()).toMatchObject({ renewAt: startMs + after })
      }),
    )
  })

  it('[TK7] renewals of many clients that got theirs at the same time are spread', () => {
    const times = [0, 0.25, 0.5, 0.75, 0.999].map((chance) => {
      const { ask, time, asked } = tokenRig(hourly('a'), { chance: () => chance })
      ask('first')
      time.advanceTo(HOUR)
      return Math.round(Number(asked[1]!.split(' ')[0]) / 60_000)
    })
    expect(times).toEqual([60, 58, 57, 55, 54])
  })

  it('[TK9] a renewal with the same value is a renewal: fifty of them, fifty times told', () => {
    const { ask, time, said, asked } = tokenRig(hourly('same'))
    ask('first')
    time.advanceTo(50 * (HOUR - 30_000))
    expect(said).toHaveLength(51)
    expect(said[1]).toBe(`${HOUR - 30_000} Renewed 2`)
    expect(said[50]).toBe(`${50 * (HOUR - 30_000)} Renewed 51`)
    expect(new Set(asked.slice(1).map((call) => call.split(' ')[1]))).toEqual(new Set(['expiring']))
  })

  it('[TK7] however short a token lives, it is renewed once a second at most', () => {
    const { ask, time, asked } = tokenRig(() => ({ value: 'a', expiresInMs: 0 }))
    ask('first')
    time.advanceTo(10_000)
    expect(asked).toHaveLength(11)
  })

  it('[TK11] [P22] [T12] a token of 40 days is renewed once in 40 days; an endless one never', () => {
    const long = tokenRig(() => ({ value: 'a', expiresInMs: 40 * DAY }))
    long.ask('first')
    long.time.advanceTo(40 * DAY - 30_001)
    expect(long.asked).toHaveLength(1)
    long.time.advanceTo(40 * DAY - 30_000)
    expect(long.asked).toHaveLength(2)

    for (const source of [(): TokenValue => ({ value: 'a', expiresInMs: Infinity }), (): TokenValue => 'opaque']) {
      const endless = tokenRig(source, { chance: () => 0.5 })
      endless.ask('first')
      expect(endless.time.pending()).toBe(0)
    }
  })

  it('[TK8] the server’s word on the lifetime wins, for the token that it is about', () => {
    const { ask, send, time, asked } = tokenRig(jwt(() => jsonWebToken({ iat: 0, exp: 3_600 })))
    ask('first')
    send({ _tag: 'Lifetime', token: 1, lifetimeMs: 600_000 })
    send({ _tag: 'Lifetime', token: 7, lifetimeMs: 1_000 })
    time.advanceTo(569_999)
    expect(asked).toHaveLength(1)
    time.advanceTo(570_000)
    expect(asked).toHaveLength(2)
  })

  it('[TK4] later values of a living source renew in band, and the source is not asked in between', () => {
    const value$ = new BehaviorSubject<TokenValue>('a')
    const { ask, said, asked, time, text } = tokenRig(() => value$)
    ask('first')
    time.advanceTo(5)
    value$.next('b')
    expect([said, asked, text()]).toEqual([['0 Granted', '5 Renewed 2'], ['0 first'], 'b'])
  })

  it('[TK4] also while a renewal is awaited, or waits for its next try', () => {
    const value$ = new Subject<TokenValue>()
    const { ask, said, time, running } = tokenRig(value$)
    ask('first')
    value$.next({ value: 'a', expiresInMs: HOUR })
    time.advanceTo(HOUR - 30_000 + 10_000)
    expect(running.state()).toMatchObject({ _tag: 'Pausing' })
    value$.next('b')
    expect(said.at(-1)).toBe(`${HOUR - 20_000} Renewed 2`)
    expect([running.state()._tag, time.pending()]).toEqual(['Held', 0])
  })

  it('[TK5] null is signed out, at once; a later token of the same source is let in', () => {
    const user$ = new BehaviorSubject<TokenValue>('a')
    const { ask, said, time } = tokenRig(user$)
    ask('first')
    user$.next(null)
    user$.next(null)
    time.advanceTo(DAY)
    user$.next('b')
    expect(said).toEqual(['0 Granted', '0 Denied auth/signed-out', `${DAY} Granted`])
  })

  it('[TK5] once nobody needs it, the source is let go', () => {
    const user$ = new BehaviorSubject<TokenValue>(null)
    const { ask, send, said } = tokenRig(user$)
    ask('first')
    send({ _tag: 'Release' })
    expect(user$.observed).toBe(false)
    user$.next('b')
    expect(said).toEqual(['0 Denied auth/signed-out'])
  })

  it('[TK6] [P1] after a rejection it waits for another value until the deadline, and sends no other', () => {
    const value$ = new BehaviorSubject<TokenValue>('stale')
    const { ask, vault, said, time, text } = tokenRig(value$)
    ask('first')
    vault.reject(1)
    ask('rejected')
    time.advanceTo(9_999)
    expect([said, text()]).toEqual([['0 Granted'], undefined])
    value$.next('fresh')
    expect([said.at(-1), text()]).toEqual(['9999 Granted', 'fresh'])
  })

  it('[TK6] and if none comes, that is final: auth/rejected', () => {
    const waiting = tokenRig(concat(of('stale'), NEVER))
    const ending = tokenRig(() => 'stale')
    for (const { ask, vault, time } of [waiting, ending]) {
      ask('first')
      vault.reject(1)
      ask('rejected')
      time.advanceTo(20_000)
    }
    expect(waiting.said.at(-1)).toBe('10000 Denied auth/rejected')
    expect(ending.said.at(-1)).toBe('0 Denied auth/rejected')
  })

  it('[TK6] a renewal that is refused asks for another value, and keeps asking with that reason', () => {
    const source = turnstile(hourly('a'), fails, fails, () => 'b')
    const { ask, send, vault, said, asked, time } = tokenRig(source)
    ask('first')
    vault.reject(1)
    send({ _tag: 'Rejected', token: 1 })
    time.advanceTo(5_000)
    expect(asked).toEqual(['0 first', '0 rejected', '200 rejected', '400 rejected'])
    expect(said).toEqual(['0 Granted', '400 Renewed 2'])
  })

  it('[TK10] a renewal that fails is tried again, less and less often, and takes nothing away', () => {
    const source = turnstile(hourly('a'), fails, () => NEVER, fails, fails, hourly('c'))
    const { ask, said, asked, time, text } = tokenRig(source, { chance: () => 0, backoff: steps })
    ask('first')
    const due = HOUR - 30_000
    time.advanceTo(due + 40_000)
    const calls = asked.map((call) => Number(call.split(' ')[0]) - due)
    expect(calls.slice(1)).toEqual([0, 100, 100 + 10_000 + 100, 10_300, 10_400])
    expect([said, text()]).toEqual([['0 Granted', `${due + 10_400} Renewed 2`], 'c'])
  })

  it('[TK10] also for a day: the waits grow to the cap', () => {
    const { ask, asked, time, said } = tokenRig(turnstile(hourly('a'), fails), { chance: () => 0.999 })
    ask('first')
    time.advanceTo(DAY)
    const times = asked.map((call) => Number(call.split(' ')[0]))
    const waits = times.slice(2).map((ms, index) => Math.round((ms - times[index + 1]!) / 1_000))
    expect(waits.slice(0, 8)).toEqual([1, 2, 4, 8, 16, 30, 30, 30])
    expect(said).toEqual(['0 Granted'])
  })

  it('[TK2] a source that is silent is overdue at the deadline; one that is late is not', () => {
    const silent = tokenRig(() => NEVER)
    const late = tokenRig((): Observable<string> => timer(9_999, late.time).pipe(map(() => 'a')))
    for (const { ask, time } of [silent, late]) {
      ask('first')
      time.advanceTo(20_000)
    }
    expect(silent.said).toEqual(['10000 Denied auth/timeout'])
    expect(late.said).toEqual(['9999 Granted'])
  })

  it('[TK12] a token shows in no state, key, or saying', () => {
    const canary = 'canary-77aa'
    const value$ = new BehaviorSubject<TokenValue>({ value: canary, expiresInMs: HOUR })
    const { ask, time, states, machine, said, vault, send } = tokenRig(value$)
    ask('first')
    time.advanceTo(2 * HOUR)
    vault.reject(2)
    send({ _tag: 'Rejected', token: 2 })
    time.advanceTo(3 * HOUR)
    expect(states.length).toBeGreaterThan(5)
    const keys = states.flatMap((state) => machine.activities(state).map(({ key }) => key))
    expect(inspect([states, keys, said, vault], { depth: null, showHidden: true })).not.toContain(canary)
  })
})

/** Waits of 100 ms, always. */
const steps = { floorMs: 100, firstMs: 100, factor: 1, capMs: 100 }
