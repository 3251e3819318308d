import { from, type ObservableInput, Subscription, tap } from 'rxjs'
import type { Input, Reason } from '../../token/model.js'
import { asking, type TokenContext, type TokenSource, type TokenValue } from '../../token/source.js'
import { vault } from '../../token/vault.js'
import { type Case, caseOf, using } from './case.js'
import { equals, holds, present } from './check.js'
import { eventually, type Until } from './eventually.js'

/** A token source under test, of a user who is signed in. */
export interface TokenSourceRig {
  /** The token source, as `tokens(source)` takes it. */
  readonly source: TokenSource
  /** Waits for a condition. Default: `eventually`, with the 10 s that a client waits for a token. */
  readonly until?: Until
  /** Makes the source emit another token by itself. Required for `changes: true`. */
  readonly change?: () => void | Promise<void>
  /** Signs the user out. Required for `signsOut: true`. */
  readonly signOut?: () => void | Promise<void>
  /** Returns the number of calls that still hold a listener, a timer or a request. Required for `counts: true`. */
  readonly held?: () => number
  /** Releases all resources. The suite calls it at the end of each case. */
  readonly dispose?: () => void | Promise<void>
}

/** Makes a new token source for each case. */
export type StartTokenSource = () => TokenSourceRig | Promise<TokenSourceRig>

/** Optional abilities of a token source. All default to false. */
export interface TokenSourceAbilities {
  /** The source gives another token when the client reports that the server has rejected one. */
  readonly refreshes?: boolean
  /** The source emits later tokens by itself; the rig must have `change`. */
  readonly changes?: boolean
  /** The source emits `null` when no user is signed in; the rig must have `signOut`. */
  readonly signsOut?: boolean
  /** The suite checks for leaks; the rig must have `held`. */
  readonly counts?: boolean
}

/** Conformance tests for a token source: the rules `TK…` of docs/behaviour.md. */
export const tokenSourceSuite = (
  start: StartTokenSource,
  { refreshes, changes, signsOut, counts }: TokenSourceAbilities = {},
): readonly Case[] => {
  const of = (name: string, run: (bench: Bench) => Promise<void>): Case =>
    caseOf(name, async () => {
      const rig = await start()
      const bench = benchOf(rig)
      await using(
        () => run(bench),
        async () => {
          bench.stop()
          await rig.dispose?.()
        },
      )
    })

  return [
    of('[TK2] [TK3] gives a token when it is asked for one, whatever the reason', async ({ call, until }) => {
      for (const reason of ['first', 'reconnect', 'expiring'] as const) {
        const { inputs } = call(reason)
        await until(`a token for ${reason}`, () => inputs.length > 0)
        equals(`what it gives first for ${reason}`, inputs[0]?._tag, 'Answered')
      }
    }),

    of('[TK3] gives tokens, and lifetimes that are some', async ({ call, until, given }) => {
      const { inputs } = call('first')
      await until('a token', () => inputs.length > 0)
      equals(
        'failures',
        inputs.filter(({ _tag }) => _tag === 'Failed'),
        [],
      )
      for (const value of given) {
        if (typeof value !== 'object' || value === null || !('expiresInMs' in value)) continue
        const { expiresInMs } = value
        const isLifetime = typeof expiresInMs === 'number' && expiresInMs > 0
        holds(`expiresInMs is a duration, and not ${String(expiresInMs)}`, isLifetime || expiresInMs === undefined)
      }
    }),

    of('[TK2] answers each call for itself, also while another lasts', async ({ call, until }) => {
      const calls = [call('first'), call('reconnect'), call('expiring')]
      await until('a token for each', () => calls.every(({ inputs }) => inputs.length > 0))
      for (const { inputs } of calls) equals('what it gives first', inputs[0]?._tag, 'Answered')
    }),

    ...(refreshes
      ? [
          of('[TK6] gives another token for one that was rejected', async ({ call, until, tokens }) => {
            const { inputs, stop } = call('first')
            await until('a token', () => inputs.length > 0)
            const refused = present('a token', tokens.current())
            tokens.reject(refused.token)
            stop()
            const again = call('rejected')
            await until('an answer', () => again.inputs.some(({ _tag }) => _tag !== 'Stale'))
            equals('answers', again.inputs.map(({ _tag }) => _tag).filter((tag) => tag === 'Answered').length > 0, true)
            holds('it is another one', tokens.current()?.text !== refused.text)
          }),
        ]
      : []),

    ...(changes
      ? [
          of('[TK4] gives later tokens to who still listens', async ({ rig, call, until, tokens }) => {
            const { inputs } = call('first')
            await until('a token', () => inputs.length > 0)
            const before = tokens.current()?.text
            await present('change, which `changes` promises,', rig.change)()
            await until('another token', () => inputs.length > 1)
            equals('what it gives then', inputs[1]?._tag, 'Answered')
            holds('it is another one', tokens.current()?.text !== before)
          }),
        ]
      : []),

    ...(signsOut
      ? [
          of('[TK5] says null when nobody is signed in, at once and when it is asked', async ({ rig, call, until }) => {
            const { inputs } = call('first')
            await until('a token', () => inputs.length > 0)
            await present('signOut, which `signsOut` promises,', rig.signOut)()
            const isSignedOut = (all: readonly Input[]): boolean => all.some(({ _tag }) => _tag === 'SignedOut')
            // A source that has completed emits nothing more until the client calls it again.
            await until('null', () => isSignedOut(inputs) || inputs.some(({ _tag }) => _tag === 'Ended'))
            const again = call('reconnect')
            await until('an answer', () => again.inputs.length > 0)
            equals('what it says when it is asked', again.inputs[0]?._tag, 'SignedOut')
          }),
        ]
      : []),

    ...(counts
      ? [
          of('[TK3] holds nothing before it is asked, and nothing of who has gone', async ({ rig, call, until }) => {
            const held = present('held, which `counts` promises,', rig.held)
            equals('held before', held(), 0)
            const calls = [call('first'), call('expiring')]
            await until('a token for each', () => calls.every(({ inputs }) => inputs.length > 0))
            for (const { stop } of calls) stop()
            await until('held nothing', () => held() === 0)
            call('reconnect').stop()
            await until('held nothing', () => held() === 0)
          }),
        ]
      : []),
  ]
}

interface Calling {
  readonly inputs: readonly Input[]
  readonly stop: () => void
}

interface Bench {
  readonly rig: TokenSourceRig
  readonly until: Until
  /** Calls the source as a client does. */
  readonly call: (reason: Reason) => Calling
  readonly tokens: ReturnType<typeof vault>
  /** All values that the source gave. */
  readonly given: readonly unknown[]
  readonly stop: () => void
}

const benchOf = (rig: TokenSourceRig): Bench => {
  const { source, until = eventually } = rig
  const tokens = vault()
  const given: unknown[] = []
  const calls = new Subscription()
  let asks = 0
  const noted = (context: TokenContext): TokenValue | ObservableInput<TokenValue> => {
    const answer = typeof source === 'function' ? source(context) : source
    if (isOne(answer)) {
      given.push(answer)
      return answer
    }
    return from(answer).pipe(tap((value) => given.push(value)))
  }
  const ask = asking(noted, tokens)
  return {
    rig,
    until,
    tokens,
    given,
    call: (reason) => {
      const inputs: Input[] = []
      const subscription = ask(++asks, reason).subscribe({
        next: (input) => inputs.push(input),
        error: (thrown: unknown) => {
          throw thrown
        },
      })
      calls.add(subscription)
      return {
        inputs,
        stop: () => {
          subscription.unsubscribe()
        },
      }
    },
    stop: () => {
      calls.unsubscribe()
    },
  }
}

/** True if the answer is a single token, or an invalid value that is not a source of tokens either. */
const isOne = (answer: TokenValue | ObservableInput<TokenValue>): answer is TokenValue =>
  typeof answer !== 'object' || answer === null || ('value' in answer && !('subscribe' in answer))
