import { BehaviorSubject, concat, defer, finalize, NEVER, type ObservableInput, of, throwError } from 'rxjs'
import { eventually } from '../../../lib/testing/conformance/eventually.js'
import {
  type TokenSourceAbilities,
  type TokenSourceRig,
  tokenSourceSuite,
} from '../../../lib/testing/conformance/token-source.js'
import { jwt } from '../../../lib/token/jwt.js'
import type { TokenContext, TokenValue } from '../../../lib/token/source.js'
import { failing } from '../../support/failing.js'
import { jwt as jsonWebToken } from '../../support/token.js'

let count = 0
const fresh = (): string => `t${++count}`

/** An Observable of whoever is signed in, which goes on. */
const session = (more: Partial<TokenSourceRig> = {}): TokenSourceRig => {
  const token$ = new BehaviorSubject<string | null>(fresh())
  let held = 0
  const source$ = defer(() => {
    held++
    return token$
  }).pipe(finalize(() => held--))
  return {
    source: ({ reason }) => {
      if (reason === 'rejected') token$.next(fresh())
      return source$
    },
    change: () => token$.next(fresh()),
    signOut: () => token$.next(null),
    held: () => held,
    ...more,
  }
}

describe.each<readonly [name: string, start: () => TokenSourceRig, abilities: TokenSourceAbilities]>([
  ['a function that gives a text', () => ({ source: fresh }), { refreshes: true }],
  ['a function that gives a text and its lifetime', () => ({ source: () => ({ value: fresh(), expiresInMs: 5_000 }) }), { refreshes: true }],
  ['a function that gives a JSON Web Token', () => ({ source: jwt(() => jsonWebToken({ iat: ++count, exp: count + 60 })) }), { refreshes: true }],
  ['a function that gives a promise', () => ({ source: async () => fresh() }), { refreshes: true }],
  ['a promise', () => ({ source: Promise.resolve(fresh()) }), {}],
  ['an Observable', () => ({ source: of(fresh()) }), {}],
  ['an Observable that goes on', () => session(), { refreshes: true, changes: true, signsOut: true, counts: true }],
])('the token source: %s', (_, start, abilities) => {
  for (const { name, run } of tokenSourceSuite(start, abilities)) it(name, run)
}) // prettier-ignore

/** Signed out, it errors. */
const loud = (): TokenSourceRig => {
  const rig = session()
  const source = rig.source as (context: TokenContext) => ObservableInput<TokenValue>
  let isOut = false
  const signOut = async (): Promise<void> => {
    isOut = true
    await rig.signOut?.()
  }
  return { ...rig, source: (context) => (isOut ? throwError(() => new Error('signed out')) : source(context)), signOut }
}

const given = (source: TokenSourceRig['source'], more: Partial<TokenSourceRig> = {}): TokenSourceRig => ({
  source,
  ...more,
})
const all = { refreshes: true, changes: true, signsOut: true, counts: true }
const asked = '[TK2] [TK3] gives a token when it is asked for one, whatever the reason'
const lasting = '[TK2] answers each call for itself, also while another lasts'

const faults: readonly (readonly [what: string, start: () => TokenSourceRig, abilities: TokenSourceAbilities, found: string])[] = [
  ['gives nothing', () => given((() => undefined) as never), {}, asked],
  ['gives the empty text', () => given(() => ''), {}, asked],
  ['gives what is no token', () => given((() => ({ token: 'a' })) as never), {}, asked],
  ['throws', () => given(() => { throw new Error('boom') }), {}, asked],
  ['errors', () => given(throwError(() => new Error('boom'))), {}, asked],
  ['says nothing', () => given(NEVER), {}, asked],
  ['can be asked once', () => { const once = [fresh()]; return given(() => once.pop() as string) }, {}, lasting],
  ['has lifetimes of the past', () => given(() => ({ value: fresh(), expiresInMs: -1 })), {}, '[TK3] gives tokens, and lifetimes that are some'],
  ['has lifetimes of no number', () => given((() => ({ value: fresh(), expiresInMs: '60' })) as never), {}, '[TK3] gives tokens, and lifetimes that are some'],
  ['gives the rejected token again', () => { const token = fresh(); return given(() => token) }, { refreshes: true }, '[TK6] gives another token for one that was rejected'],
  ['gives later tokens to nobody', () => session({ change: () => {} }), all, '[TK4] gives later tokens to who still listens'],
  ['signs out with an error', loud, all, '[TK5] says null when nobody is signed in, at once and when it is asked'],
  ['keeps what nobody listens to', () => { let held = 0; return given(() => { held++; return concat(of(fresh()), NEVER) }, { held: () => held }) }, { counts: true }, '[TK3] holds nothing before it is asked, and nothing of who has gone'],
] // prettier-ignore

describe('a token source that', () => {
  const until: TokenSourceRig['until'] = (what, condition) => eventually(what, condition, { deadlineMs: 100 })

  it.each(faults)('[CF6] %s is found', async (_, start, abilities, found) => {
    const failed = await failing(
      tokenSourceSuite(() => ({ until, ...start() }), abilities),
      found,
    )
    expect(failed.map(({ name }) => name)).toContain(found)
  })
})
