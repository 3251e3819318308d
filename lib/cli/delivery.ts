import {
  defer,
  EMPTY,
  filter,
  finalize,
  ignoreElements,
  interval,
  map,
  merge,
  type Observable,
  skip,
  Subject,
  take,
  takeUntil,
  tap,
} from 'rxjs'
import * as E from '#fp/Either'
import { anything } from '../contract/contract.js'
import { monotonic } from '../core/platform.js'
import { summarize, type Ended } from './summary.js'
import { connect } from './connect.js'
import { done, type Exit, exitCodes } from './exit.js'
import { receiptJson } from './format.js'
import type { Io } from './io.js'
import type { Flow } from './lines.js'
import { outgoing } from './outgoing.js'
import { unwritable } from './output.js'
import { progressLine } from './progress.js'
import type { Source } from './source.js'
import type { TokenOf } from './token.js'

/** Options of sending. */
export interface DeliverOptions {
  readonly json?: boolean
  /** Maximum age of a message, in seconds. */
  readonly within?: number
  readonly wait?: boolean
  readonly quiet?: boolean
}

/** The destination of messages. */
export interface Target {
  readonly url: string
  readonly room: string
  readonly event: string
}

/** Errors after which later messages fail too. */
const endsAll: ReadonlySet<string> = new Set(['delivery/forbidden', 'delivery/timeout', 'delivery/closed'])

/** Time for pending receipts after a signal, in ms. */
const graceMs = 1_000
const drawEveryMs = 100

/** Sends the messages of a source, and emits the outcome at the end. */
export const deliver = (
  { url, room: name, event }: Target,
  source: Source,
  token: TokenOf | undefined,
  { json = false, within, wait = false, quiet = false }: DeliverOptions,
  { out, notes, signal$, isInteractive }: Io,
): Observable<Exit> =>
  defer(() => {
    const outbox = { entries: 1_024, bytes: 64 * 2 ** 20, ...(within === undefined ? {} : { ageMs: within * 1_000 }) }
    const wishes = { url, token, wait, tell: quiet ? 'nothing' : 'losses', options: { outbox } } as const
    const { client, online$, failed$, close } = connect(wishes, notes)
    const room = client.room(name, anything)
    const letters = outgoing((data) => room.post(event, data))
    const startedAt = monotonic.now()
    const elapsedMs = (): number => monotonic.now() - startedAt
    const isShown = notes.isLive && !quiet
    const stopped$ = new Subject<void>()
    const ended: Ended = {}
    const stop = (because: Ended): void => {
      Object.assign(ended, { ...because, ...ended })
      stopped$.next()
      letters.stop()
    }

    const flow: Flow = {
      isFull: () => letters.isFull() || out.isFull(),
      freed$: merge(letters.freed$, out.drained$),
    }
    const read$ = source.letters(flow).pipe(
      tap((letter) => {
        if (E.isRight(letter)) letters.put(letter.right)
        else {
          ended.input = letter.left
          // Messages that were read ahead and not yet sent stay unsent.
          if (letters.tally().sent === 0) stop({})
        }
      }),
      tap({ complete: letters.end }),
      takeUntil(stopped$),
    )
    const settled$ = letters.settled$.pipe(
      tap((settled) => {
        if (json) out.line(receiptJson(name, event, settled))
        if (E.isLeft(settled.result) && endsAll.has(settled.result.left.code)) stop({})
      }),
    )
    const broken$ = out.broken$.pipe(
      map(unwritable),
      filter(({ code }) => code !== 0),
      tap((over) => {
        stop({ exit: over })
      }),
    )
    const lost$ = failed$.pipe(
      tap((over) => {
        stop({ exit: over })
        close()
      }),
    )
    const interrupted$ = signal$.pipe(
      take(1),
      tap((signal) => {
        stop({ signal })
        close(graceMs)
      }),
    )
    const drawn$ = source.isNumbered && isShown && !isInteractive ? interval(drawEveryMs) : EMPTY
    const shown$ = drawn$.pipe(
      tap(() => {
        const figures = {
          tally: letters.tally(),
          total: source.total,
          elapsedMs: elapsedMs(),
          columns: notes.columns(),
        }
        notes.draw(progressLine(figures))
      }),
    )
    const concluded$ = letters.done$.pipe(
      map((tally) => summarize({ tally, source, ended, elapsedMs: elapsedMs() })),
      map(({ code, because }): Exit => {
        notes.draw('')
        if (code !== 0) return { code, ...(because === undefined ? {} : { because }) }
        if (isShown && because !== undefined) notes.say(because)
        return done
      }),
    )
    const forced$ = signal$.pipe(
      skip(1),
      map((signal): Exit => ({ code: exitCodes[signal].code })),
    )
    const work$ = merge(settled$, online$.pipe(tap(letters.open)), read$, broken$, lost$, interrupted$, shown$).pipe(
      ignoreElements(),
    )
    return merge(work$, concluded$, forced$).pipe(
      take(1),
      finalize(() => {
        close()
      }),
    )
  })
