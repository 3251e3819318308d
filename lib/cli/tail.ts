import {
  AsyncSubject,
  defer,
  delayWhen,
  filter,
  forkJoin,
  map,
  merge,
  type Observable,
  of,
  repeat,
  share,
  switchMap,
  take,
  takeWhile,
  tap,
} from 'rxjs'
import * as E from '#fp/Either'
import type { Client } from '../client/client.js'
import { anything } from '../contract/contract.js'
import type { Position } from '../core/position.js'
import type { Result } from '../core/result.js'
import type { Message } from '../rooms/message.js'
import { after, last as lastOf } from '../features/history/start.js'
import type { Start } from '../client/strategy.js'
import { connect } from './connect.js'
import { done, exit, type Exit, inWords } from './exit.js'
import { gapJson, gapLine, messageJson, messageLine } from './format.js'
import type { Io } from './io.js'
import { running } from './running.js'
import { clientToken } from './token.js'

export interface TailOptions {
  readonly event?: readonly string[]
  readonly json?: boolean
  readonly count?: number
  readonly last?: number
  readonly tokenFile?: string
  readonly wait?: boolean
  readonly quiet?: boolean
}

/**
 * Prints the messages of rooms as they arrive, until `count` are printed or a signal arrives. After every loss of the
 * server it reconnects and continues at its position; it reports missing messages as a gap at their place.
 */
export const tail = (url: string, rooms: readonly string[], options: TailOptions, io: Io): Observable<Exit> =>
  defer(() => {
    const token = clientToken(options.tokenFile, io.environment)
    if (E.isLeft(token)) return of(exit('usage', token.left))
    const { wait = false, quiet = false, last = 0 } = options
    // An unread room is left at once; otherwise it would continue to fill the memory.
    const wishes = { url, token: token.right, wait, tell: quiet ? 'nothing' : 'all', options: { lingerMs: 0 } } as const
    const connected = connect(wishes, io.notes)
    const { client } = connected
    const names = [...new Set(rooms)]
    const inAll$ = entered(client, names)
    const items$ = merge(...names.map((name) => follow(client, name, last > 0 ? lastOf(last) : 'live', io)))
    const ends$ = items$.pipe(
      // Prints nothing before every room has admitted this client: a refusal ends the command.
      delayWhen(({ result }) => (placeAfter(result) ? inAll$ : of(true))),
      map(printer(options, io)),
      filter((over) => over !== undefined),
    )
    return running(connected, io, ends$)
  })

interface Item {
  readonly room: string
  readonly result: Result<Message<unknown>>
}

/** Emits and completes once this client is in all rooms. */
const entered = (client: Client, names: readonly string[]): Observable<unknown> =>
  forkJoin(
    names.map((name) =>
      client.room(name, anything).membership$.pipe(
        filter(({ _tag }) => _tag === 'In'),
        take(1),
      ),
    ),
  ).pipe(
    share({
      connector: () => new AsyncSubject(),
      resetOnComplete: false,
      resetOnError: false,
      resetOnRefCountZero: false,
    }),
  )

/** Follows a room from a start. Leaves the room while the output is full, and then continues after the last printed message. */
const follow = (client: Client, name: string, start: 'live' | Start, { out }: Io): Observable<Item> => {
  const room = client.room(name, anything)
  const left$ = room.membership$.pipe(filter(({ _tag }) => _tag === 'Out'))
  let from: 'live' | Start = start
  return defer(() => room.messages({ from })).pipe(
    tap((result) => {
      const place = placeAfter(result)
      if (place) from = after(place)
    }),
    takeWhile((result) => !out.isFull() || placeAfter(result) === undefined, true),
    repeat({
      delay: () =>
        out.drained$.pipe(
          take(1),
          switchMap(() => left$),
        ),
    }),
    map((result) => ({ room: name, result })),
  )
}

const placeAfter = (result: Result<Message<unknown>>): Position | undefined => {
  if (E.isRight(result)) return result.right.position
  return 'gap' in result.left ? result.left.gap.to : undefined
}

/** Prints a result, and returns the exit of the command where it ends. */
const printer = ({ json = false, event, count = Infinity, quiet = false }: TailOptions, { out, notes, paint }: Io) => {
  const events = event && new Set(event)
  let left = count
  return ({ room, result }: Item): Exit | undefined => {
    if (E.isRight(result)) {
      if (events && !events.has(result.right.event)) return undefined
      out.line(json ? messageJson(result.right) : messageLine(result.right, paint))
      return --left === 0 ? done : undefined
    }
    const error = result.left
    if ('gap' in error) {
      if (json) out.line(gapJson(error.gap))
      else notes.warn(gapLine(error.gap))
    } else if (error._tag === 'RoomError' && error.kind === 'terminal') return exit('refused', inWords(error))
    else if (!quiet) notes.warn(error._tag === 'RoomError' ? inWords(error) : `room ${room}: ${inWords(error)}`)
    return undefined
  }
}
