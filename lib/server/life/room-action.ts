import * as E from '#fp/Either'
import { AsyncSubject, of } from 'rxjs'
import type { Either } from 'fp-ts/lib/Either.js'
import { type Checks, optionFault } from '../../core/check.js'
import { type ConfigError, connectionError, roomError } from '../../core/error.js'
import { frozen } from '../../core/frozen.js'
import { limited } from '../../core/limited.js'
import type { Result, ResultStream } from '../../core/result.js'
import { waitChecks, type WaitOptions } from '../../core/wait.js'
import type { Refusal } from '../../protocol/frame.js'
import { isReserved } from '../../protocol/reserved.js'
import { roomChecks } from '../checks.js'
import type { Shared } from '../connections.js'
import { refusal } from '../refusal.js'
import type { Lives } from './lives.js'
import type { Ordered } from './orders.js'

const remedies: Readonly<Record<string, string>> = {
  'room/invalid': 'Correct the order, and give it again.',
  'room/not-found': 'Let a client create the room first.',
  'room/no-tables': 'Run the server with an engine that has tables: memory() and files() have them.',
  'room/table-full': 'Close rooms, or lift sanctions that nobody needs.',
  'room/forbidden': 'Names that begin with @ are those of the server: use another name.',
  'room/closed': 'Use another name: this one is free again a day after the end of the room.',
}

const failure = (room: string, { code, message, kind, data }: Refusal) =>
  roomError({
    code: code as `room/${string}`,
    room,
    message: `Room ${room}: ${message}`,
    remedy: remedies[code] ?? 'Try again.',
    kind,
    ...(data && { data: frozen(data) }),
  })

const closed = connectionError({
  code: 'server/closed',
  message: 'The server was closed.',
  remedy: 'Call the rooms of a server that is open.',
  kind: 'terminal',
})

const cut = connectionError({
  code: 'server/closed',
  message: 'The server was closed before the answer: the call may have had its effect.',
  remedy: 'Look at the room by another server of this engine.',
  kind: 'unknown',
})

const noTables: Refusal = { code: 'room/no-tables', message: 'the engine has no tables.', kind: 'terminal' }

/** Runs an action in a turn. */
export type Does<T> = (lives: Lives, settle: (result: Either<Refusal, T>) => void) => void

/** The options of an action, with their checks, and the fault of an argument. */
export interface ActionOptions {
  readonly options?: WaitOptions | null | undefined
  readonly checks?: Checks
  readonly fault?: ConfigError | undefined
}

/** Runs an action of the application in a room: at the call, and answers once. */
export type Act = <T>(name: string, room: string, options: ActionOptions, does: Does<T>) => ResultStream<T>

export const actIn =
  ({ context: { box, time }, lives }: Shared): Act =>
  <T>(name: string, room: string, { options, checks = {}, fault }: ActionOptions, does: Does<T>): ResultStream<T> => {
    const wrong = optionFault({ room }, roomChecks) ?? fault
    if (wrong) return of(E.left(wrong))
    return limited({ name: `rooms.${name}`, options, checks: { ...waitChecks, ...checks }, deadlines: time }, () => {
      const result = new AsyncSubject<Result<T>>()
      const end = (answer: Result<T>): void => {
        result.next(answer)
        result.complete()
      }
      let answered = (): void => undefined
      const settle = (answer: Either<Refusal, T>): void => {
        answered()
        end(E.isLeft(answer) ? E.left(failure(room, answer.left)) : answer)
      }
      box.enter(() => {
        if (!lives) settle(E.left(noTables))
        else if (lives.isClosed()) end(E.left(closed))
        else if (isReserved(room)) settle(E.left(refusal('room/forbidden')))
        else {
          answered = lives.untilClosed(() => {
            end(E.left(cut))
          })
          does(lives, settle)
        }
      })
      return result.asObservable()
    })
  }

/** Answers an action by the outcome of its order. */
export const ordered =
  (settle: (result: Either<Refusal, void>) => void): Ordered =>
  (outcome) => {
    settle(E.isLeft(outcome) ? outcome : E.right(undefined))
  }
