import { defer, finalize, type Observable, type ObservableInput } from 'rxjs'
import { type Backoff, defaultBackoff } from '../../lib/core/backoff.js'
import { deadlines } from '../../lib/core/deadlines.js'
import { unlimited } from '../../lib/core/retries.js'
import { run } from '../../lib/core/machine.js'
import { virtualTime } from '../../lib/testing/virtual.js'
import { tokenMachine } from '../../lib/token/machine.js'
import type { Config, Input, Output, Reason, State } from '../../lib/token/model.js'
import { asking, type TokenContext, type TokenSource, type TokenValue } from '../../lib/token/source.js'
import { vault as emptyVault } from '../../lib/token/vault.js'
import { desk } from './desk.js'

export const tokenConfig: Config = { deadlineMs: 10_000, leewayMs: 30_000, spread: 0.1 }

/** What is said to other parts, in words. */
export const sayings = (outputs: readonly Output[]): string[] =>
  outputs.map((output) => {
    switch (output._tag) {
      case 'Granted':
        return 'Granted'
      case 'Denied':
        return `Denied ${output.because.code}`
      case 'Renewed':
        return `Renewed ${output.token}`
    }
  })

interface Options {
  readonly chance?: () => number
  readonly backoff?: Backoff
}

/** The token machine at work on a source, in virtual time. The worst chance is 0: renewals come late and waits are short. */
export const tokenRig = (source: TokenSource, { chance = () => 0, backoff = defaultBackoff }: Options = {}) => {
  const time = virtualTime()
  const { box, turn, defects } = desk()
  const vault = emptyVault()
  const said: string[] = []
  const asked: string[] = []
  const states: State[] = []
  const calls = { live: 0, most: 0 }
  const call = asking(source, vault)
  const watched = (ask: number, reason: Reason): Observable<Input> =>
    defer(() => {
      asked.push(`${time.now()} ${reason}`)
      calls.most = Math.max(calls.most, ++calls.live)
      return call(ask, reason).pipe(finalize(() => calls.live--))
    })
  const machine = tokenMachine({
    config: tokenConfig,
    backoff,
    deadlines: deadlines(time),
    retries: unlimited,
    source: watched,
  })
  const running = run(machine, {
    mailbox: box,
    moment: () => ({ now: time.now(), chance: chance() }),
    entered: (state) => states.push(state),
    output: (output) => said.push(`${time.now()} ${sayings([output]).join('')}`),
    defect: (thrown) => defects.push(thrown),
  })
  const send = (input: Input): void => turn(() => running.send(input))
  return {
    time, vault, said, asked, states, calls, running, machine, defects, send,
    ask: (reason: Reason) => send({ _tag: 'Ask', reason }),
    /** The text that would be written now. */
    text: () => vault.current()?.text,
  } // prettier-ignore
}
/** A source that gives the next of these at each call; the last again and again. */
export const turnstile = (
  ...steps: readonly ((context: TokenContext) => TokenValue | ObservableInput<TokenValue>)[]
) => {
  let next = 0
  return (context: TokenContext) => steps[Math.min(next++, steps.length - 1)]!(context)
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A JSON Web Token with these claims, and no signature. */
export const jwt = (claims: object): string => `${part({ alg: 'none' })}.${part(claims)}.`
