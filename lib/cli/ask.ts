import { concat, defer, EMPTY, mergeMap, type Observable, of } from 'rxjs'
import * as E from '#fp/Either'
import type { AskedMember } from '../contract/call-answer.js'
import { contract } from '../contract/contract.js'
import { openCalls } from '../contract/open-calls.js'
import type { CallKind } from '../core/call-kind.js'
import type { WebSocketError } from '../core/error.js'
import type { Result } from '../core/result.js'
import { asks } from '../features/calls/index.js'
import type { Until } from '../protocol/frame.js'
import { endedBy } from './call.js'
import { connect } from './connect.js'
import { done, exit, type Exit } from './exit.js'
import type { Io } from './io.js'
import { running } from './running.js'
import { jsonLine } from './text.js'
import { clientToken } from './token.js'

export interface AskOptions {
  readonly until?: Until
  readonly kind?: Exclude<CallKind, 'stream'>
  readonly within?: number
  readonly tokenFile?: string
  readonly wait?: boolean
  readonly quiet?: boolean
}

/** The call of a member of a room. */
export interface Asked {
  readonly room: string
  readonly name: string
  readonly input: unknown
}

/** Asks the members of a room, prints a line of JSON for each, and ends by the rule `until`. */
export const ask = (url: string, { room, name, input }: Asked, options: AskOptions, io: Io): Observable<Exit> =>
  defer(() => {
    const { until = 'all', kind = 'command', within, tokenFile, wait = false, quiet = false } = options
    const token = clientToken(tokenFile, io.environment)
    if (E.isLeft(token)) return of(exit('usage', token.left))
    const connected = connect({ url, token: token.right, wait, tell: quiet ? 'nothing' : 'losses' }, io.notes)
    const asking = connected.client.room(room, contract({ calls: { [name]: openCalls[kind] } })).with(asks)
    const withinMs = within === undefined ? (wait ? Infinity : undefined) : Math.round(within * 1_000)
    let silent = 0
    let asked = 0
    const lines$ = asking.ask(name, input, { until, withinMs }).pipe(
      mergeMap((item): Observable<Exit> => {
        if (E.isLeft(item)) return of(endedBy(item.left))
        asked++
        if (!isAnswer(item.right)) silent++
        io.out.line(lineOf(item.right))
        return EMPTY
      }),
    )
    const end$ = defer(() => {
      const without = `${silent} of ${asked} members have no answer`
      return of(until === 'all' && silent > 0 ? exit('failed', without) : done)
    })
    return running(connected, io, concat(lines$, end$))
  })

/** The result of a member, of any type. */
interface Told {
  readonly member: AskedMember
  readonly result: Result<unknown>
}

/** A declared error is an answer too. */
const isAnswer = ({ result }: Told): boolean => E.isRight(result) || result.left._tag === 'DeclaredError'

const lineOf = ({ member: { user, session }, result }: Told): string =>
  jsonLine({ user, session, ...(E.isRight(result) ? { answer: result.right ?? null } : { error: told(result.left) }) })

const told = (error: WebSocketError): object =>
  error._tag === 'DeclaredError'
    ? { code: error.code, error: error.error, value: error.value ?? null }
    : { code: error.code, message: error.message }
