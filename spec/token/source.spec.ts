import { BehaviorSubject, defer, EMPTY, lastValueFrom, NEVER, type Observable, of, throwError, toArray } from 'rxjs'
import type { Input } from '../../lib/token/model.js'
import { asking, type TokenSource } from '../../lib/token/source.js'
import { jwt } from '../../lib/token/jwt.js'
import { vault } from '../../lib/token/vault.js'
import { jwt as jsonWebToken } from '../support/token.js'

const HOUR = 3_600_000
const ended: Input = { _tag: 'Ended' }
const answered = (token: number, lifetimeMs?: number): Input => ({
  _tag: 'Answered',
  token,
  ...(lifetimeMs === undefined ? {} : { lifetimeMs }),
})
const inputsOf = (inputs$: Observable<Input>): Input[] => {
  const seen: Input[] = []
  inputs$.subscribe((input) => seen.push(input)).unsubscribe()
  return seen
}
const call = (source: unknown, store = vault()): Input[] => inputsOf(asking(source as TokenSource, store)(1, 'first'))

describe('the source of tokens', () => {
  it.each<readonly [string, unknown, readonly Input[]]>([
    ['a function that gives a text', () => 'a', [answered(1), ended]],
    ['a function that gives text and lifetime', () => ({ value: 'a', expiresInMs: 5 }), [answered(1, 5), ended]],
    ['a function that gives an Observable', () => of('a', 'b'), [answered(1), answered(2), ended]],
    ['an Observable', of('a', { value: 'b', expiresInMs: 7 }), [answered(1), answered(2, 7), ended]],
    ['an Observable that goes on', new BehaviorSubject('a'), [answered(1)]],
    ['a function that gives a BehaviorSubject, which has a `value` too', () => new BehaviorSubject('a'), [answered(1)]],
    ['one with nobody signed in', () => new BehaviorSubject(null), [{ _tag: 'SignedOut' }]],
    ['a function that gives null', () => null, [{ _tag: 'SignedOut' }, ended]],
    ['an Observable that says nothing', NEVER, []],
    ['an empty Observable', EMPTY, [ended]],
  ])('[TK3] %s', (_what, source, expected) => {
    expect(call(source)).toEqual(expected)
  })

  const broken = {
    get value(): string {
      throw new Error('getter')
    },
  }
  it.each<readonly [string, unknown, string]>([
    ['throws', () => { throw new Error('boom') }, 'boom'],
    ['errors', throwError(() => new Error('boom')), 'boom'],
    ['gives undefined', () => undefined, 'undefined'],
    ['gives a number', () => 5, '5'],
    ['gives the empty text', () => '', 'not a token'],
    ['gives an empty value', () => ({ value: '' }), 'not a token'],
    ['gives a value that is no text', () => ({ value: 5 }), 'not a token'],
    ['gives a value that throws', () => broken, 'getter'],
    ['emits nonsense', of({ token: 'a' }), 'not a token'],
    ['is an object of another kind', () => ({ token: 'a' }), 'an Observable, Promise'],
  ])('[TK3] a source that %s has failed, and says why', (_what, source, because) => {
    const [failure] = call(source)
    expect(failure).toMatchObject({ _tag: 'Failed', because: { code: 'auth/source-failed', kind: 'retry' } })
    expect((failure as { because: { message: string } }).because.message).toContain(because)
  }) // prettier-ignore

  it('[TK3] a promise, given or made; one that is rejected has failed', async () => {
    const all = (source: TokenSource): Promise<Input[]> =>
      lastValueFrom(asking(source, vault())(1, 'first').pipe(toArray()))
    expect(await all(Promise.resolve('a'))).toEqual([answered(1), ended])
    expect(await all(async () => 'a')).toEqual([answered(1), ended])
    const [failed] = await all(async () => {
      throw new Error('boom')
    })
    expect(failed).toMatchObject({ _tag: 'Failed' })
  })

  it('[TK3] is told why and how often it is asked, and not before it is needed', () => {
    const told: unknown[] = []
    const source = asking((context) => {
      told.push(context)
      return 'a'
    }, vault())
    const inputs$ = source(7, 'rejected')
    expect(told).toEqual([])
    inputsOf(inputs$)
    expect(told).toEqual([{ ask: 7, reason: 'rejected' }])
  })

  it('[TK6] what was rejected is stale when it comes again', () => {
    const store = vault()
    store.reject(store.put('a')!)
    expect(call(of('a', 'b'), store)).toEqual([{ _tag: 'Stale' }, answered(2), ended])
  })

  it('[TK3] unsubscribing releases what it gave', () => {
    let live = 0
    const source = defer(() => (live++, NEVER))
    const subscription = asking(() => source, vault())(1, 'first').subscribe()
    expect(live).toBe(1)
    subscription.unsubscribe()
    expect(subscription.closed).toBe(true)
  })

  const now = Math.floor(Date.UTC(2026, 0, 1) / 1_000)
  it.each<readonly [string, string, number | undefined]>([
    ['an hour', jsonWebToken({ iat: now, exp: now + 3_600 }), HOUR],
    ['an hour, issued by a clock that is years ahead', jsonWebToken({ iat: now + 1e8, exp: now + 1e8 + 3_600 }), HOUR],
    ['an hour, long ago', jsonWebToken({ iat: 0, exp: 3_600 }), HOUR],
    ['no beginning', jsonWebToken({ exp: now + 3_600 }), undefined],
    ['no end', jsonWebToken({ iat: now }), undefined],
    ['an end before its beginning', jsonWebToken({ iat: now, exp: now - 1 }), undefined],
    ['texts for times', jsonWebToken({ iat: '0', exp: '3600' }), undefined],
    ['no claims at all', jsonWebToken([]), undefined],
    ['no JSON', 'a.b.c', undefined],
    ['nothing of the kind', 'opaque', undefined],
  ])(
    '[TK8] [P22] the lifetime of a JSON Web Token is what it was issued for, by no clock of ours: %s',
    (_what, token, ms) => {
      expect(call(jwt(() => token))).toEqual([answered(1, ms), ended])
      expect(call(jwt(of(token)))).toEqual([answered(1, ms), ended])
    },
  )

  it('[TK3] [TK5] [TK8] what is no token passes through jwt()', () => {
    const thrower = (): never => {
      throw new Error('boom')
    }
    expect(call(jwt(() => null))).toEqual([{ _tag: 'SignedOut' }, ended])
    expect(call(jwt(new BehaviorSubject('a')))).toEqual([answered(1)])
    for (const source of [thrower, () => 5, () => undefined])
      expect(call(jwt(source as unknown as TokenSource))).toEqual(call(source))
  })

  it('[TK8] what the source says of the lifetime wins over what the token says', () => {
    const token = jsonWebToken({ iat: 0, exp: 3_600 })
    expect(call(jwt(() => token))[0]).toEqual(answered(1, HOUR))
    expect(call(() => token)[0]).toEqual(answered(1))
    expect(call(jwt(() => ({ value: token, expiresInMs: 1_000 })))[0]).toEqual(answered(1, 1_000))
    expect(call(jwt(() => ({ value: token, expiresInMs: 0 })))[0]).toEqual(answered(1, 0))
    for (const expiresInMs of [-1, NaN, '60']) {
      expect(call(jwt((() => ({ value: token, expiresInMs })) as TokenSource))[0]).toEqual(answered(1, HOUR))
    }
  })
})
