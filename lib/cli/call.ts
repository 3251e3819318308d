import { concat, concatMap, defer, EMPTY, type Observable, of } from 'rxjs'
import * as E from '#fp/Either'
import type { Client } from '../client/client.js'
import { contract } from '../contract/contract.js'
import { openCalls } from '../contract/open-calls.js'
import type { WebSocketError } from '../core/error.js'
import { calls, type CallStream, clientCalls } from '../features/calls/index.js'
import type { CallKind } from '../core/call-kind.js'
import { connect } from './connect.js'
import { done, endingOf, exit, type Exit, inWords } from './exit.js'
import type { Io } from './io.js'
import { running } from './running.js'
import { jsonLine } from './text.js'
import { clientToken } from './token.js'

export interface CallOptions {
  readonly room?: string
  readonly kind?: CallKind
  readonly within?: number
  readonly tokenFile?: string
  readonly wait?: boolean
  readonly quiet?: boolean
}

/** Calls a function of the server, prints each answer as a line of JSON, and ends. */
export const call = (url: string, name: string, input: unknown, options: CallOptions, io: Io): Observable<Exit> =>
  defer(() => {
    const { tokenFile, wait = false, quiet = false } = options
    const token = clientToken(tokenFile, io.environment)
    if (E.isLeft(token)) return of(exit('usage', token.left))
    const connected = connect({ url, token: token.right, wait, tell: quiet ? 'nothing' : 'losses' }, io.notes)
    const ends$ = answersOf(connected.client, name, input, options).pipe(
      concatMap((result): Observable<Exit> => {
        if (E.isLeft(result))
          return result.left.code === 'call/lost' ? reported(result.left, io) : of(endedBy(result.left))
        io.out.line(jsonLine(result.right ?? null))
        return EMPTY
      }),
    )
    return running(connected, io, concat(ends$, of(done)))
  })

const answersOf = (
  client: Client,
  name: string,
  input: unknown,
  { room, kind = 'command', within, wait = false }: CallOptions,
): CallStream<(typeof openCalls)[CallKind]> => {
  const any = contract({ calls: { [name]: openCalls[kind] } })
  const place = room === undefined ? clientCalls(any)(client) : calls(client.room(room, any))
  const withinMs = within === undefined ? (wait ? Infinity : undefined) : Math.round(within * 1_000)
  return place.call(name, input, { withinMs })
}

/** Tells of missing replies of a stream, which goes on; any other loss ends it. */
const reported = (error: WebSocketError, { notes }: Io): Observable<Exit> => {
  if (!('executed' in error) || error.executed !== 'yes') return of(endedBy(error))
  notes.warn(inWords(error))
  return EMPTY
}

/** The end of a command for the error of a call. */
export const endedBy = (error: WebSocketError): Exit => {
  if (error._tag === 'DeclaredError') return exit('failed', `${error.error}: ${jsonLine(error.value ?? null)}`)
  return exit(
    error._tag === 'CallError' ? (refusals.includes(error.code) ? 'refused' : 'failed') : endingOf(error),
    inWords(error),
  )
}

const refusals: readonly string[] = ['call/forbidden', 'call/unknown-name', 'call/unsupported']
