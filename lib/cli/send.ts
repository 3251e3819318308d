import { defer, EMPTY, interval, map, merge, Observable, of, switchMap, take, tap } from 'rxjs'
import * as E from '#fp/Either'
import { anything } from '../contract/contract.js'
import { monotonic } from '../core/platform.js'
import { dial } from './dial.js'
import { done, exit, type Exit, exitCodes, inWords } from './exit.js'
import { receiptJson } from './format.js'
import type { Io } from './io.js'
import type { BadInput } from './lines.js'
import { outgoing, type Tally } from './outgoing.js'
import { progressLine } from './progress.js'
import { piped, single, type Source } from './source.js'
import { plural } from './text.js'
import { clientToken, type TokenOf } from './token.js'

export interface SendOptions {
  readonly json?: boolean
  readonly text?: boolean
  /** Seconds. */
  readonly within?: number
  readonly tokenFile?: string
  readonly wait?: boolean
  readonly quiet?: boolean
}

/** Where messages go. */
export interface Target {
  readonly url: string
  readonly room: string
  readonly event: string
}

/** Sends one message, or one per line of stdin, and waits for every receipt. Does not join the room. */
export const send = (target: Target, data: string | undefined, options: SendOptions, io: Io): Observable<Exit> =>
  defer(() => {
    const token = clientToken(options.tokenFile, io.environment)
    if (E.isLeft(token)) return of(exit('usage', token.left))
    if (data !== undefined && data !== '-') {
      const source = single(data, options.text === true)
      return E.isLeft(source) ? of(exit('usage', source.left)) : deliver(target, source.right, token.right, options, io)
    }
    if (io.stdin().isTTY && io.notes.isLive && !options.quiet)
      io.notes.say(`type a message per line, as ${options.text ? 'text' : 'JSON'}; Ctrl-D ends`)
    return piped(io.stdin, options.text === true).pipe(
      switchMap((source) =>
        E.isLeft(source)
          ? of(exit('usage', `${wordsOf(source.left)}; nothing was sent`))
          : deliver(target, source.right, token.right, options, io),
      ),
    )
  })

/** Which messages go on being sent after one was refused: those that come after one that is too large, say. */
const endsAll: ReadonlySet<string> = new Set(['delivery/forbidden', 'delivery/expired', 'delivery/closed'])

/** What is left to receipts under way when somebody ends the command. */
const graceMs = 1_000
const drawMs = 100

const deliver = (
  { url, room: name, event }: Target,
  source: Source,
  token: TokenOf | undefined,
  { json = false, within, wait = false, quiet = false }: SendOptions,
  io: Io,
): Observable<Exit> =>
  new Observable((to) => {
    const { client, online$, failed$, close } = dial(
      {
        url,
        token,
        wait,
        tell: quiet ? 'nothing' : 'losses',
        options: { outbox: { entries: 1_024, bytes: 64 * 2 ** 20, ...(within ? { ageMs: within * 1_000 } : {}) } },
      },
      io.notes,
    )
    const room = client.room(name, anything)
    const letters = outgoing((data) => room.post(event, data))
    const startedAt = monotonic.now()
    let bad: BadInput | undefined
    let ended: Exit | undefined

    const stop = (because?: Exit): void => {
      ended ??= because
      reading.unsubscribe()
      letters.stop()
    }
    const conclude = (tally: Tally): Exit => {
      const missing = tally.given - tally.acknowledged
      ...
    }
  })
