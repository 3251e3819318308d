import { defer, map, type Observable, of } from 'rxjs'
import * as E from '#fp/Either'
import { anything } from '../contract/contract.js'
import { printable } from '../core/printable.js'
import type { ResultStream } from '../core/result.js'
import { creation, roomLife } from '../features/room-life/index.js'
import type { Client } from '../client/client.js'
import { connect } from './connect.js'
import { done, endingOf, exit, type Exit, inWords } from './exit.js'
import type { Io } from './io.js'
import { running } from './running.js'
import { jsonLine } from './text.js'
import { clientToken } from './token.js'

interface OrderOptions {
  readonly json?: boolean
  readonly tokenFile?: string
  readonly wait?: boolean
  readonly quiet?: boolean
}

export interface CreateOptions extends OrderOptions {
  readonly capacity?: number
  readonly metadata?: Readonly<Record<string, unknown>>
}

export interface KickOptions extends OrderOptions {
  readonly because?: string
  readonly for?: number
}

/** Gives an order, prints its outcome, and ends. */
const order = <T>(
  url: string,
  { tokenFile, wait = false, quiet = false }: OrderOptions,
  io: Io,
  give: (client: Client, withinMs: number | undefined) => ResultStream<T>,
  line: (outcome: T) => string,
): Observable<Exit> =>
  defer(() => {
    const token = clientToken(tokenFile, io.environment)
    if (E.isLeft(token)) return of(exit('usage', token.left))
    const connected = connect({ url, token: token.right, wait, tell: quiet ? 'nothing' : 'losses' }, io.notes)
    const ends$ = give(connected.client, wait ? Infinity : undefined).pipe(
      map((result): Exit => {
        if (E.isLeft(result)) return exit(endingOf(result.left), inWords(result.left))
        io.out.line(line(result.right))
        return done
      }),
    )
    return running(connected, io, ends$)
  })

/** Creates a room and prints its name. */
export const create = (url: string, name: string | undefined, options: CreateOptions, io: Io): Observable<Exit> => {
  const { capacity, metadata, json = false } = options
  return order(
    url,
    options,
    io,
    (client, withinMs) => client.with(creation).create({ name, capacity, metadata, withinMs }),
    ({ name: room, id }) => (json ? jsonLine({ room, id }) : printable(room)),
  )
}

/** Removes a user from a room. */
export const kick = (url: string, room: string, user: string, options: KickOptions, io: Io): Observable<Exit> => {
  const { because, for: seconds, json = false } = options
  const forMs = seconds === undefined ? undefined : Math.round(seconds * 1_000)
  return order(
    url,
    options,
    io,
    (client, withinMs) => client.room(room, anything).with(roomLife).kick(user, { because, forMs, withinMs }),
    () => (json ? jsonLine({ room, user, change: 'kicked' }) : `${printable(room)} kicked ${printable(user)}`),
  )
}
