import * as E from '#fp/Either'
import type { Refusal } from '../../protocol/frame.js'
import type { Context } from '../context.js'
import type { Lives } from '../life/lives.js'
import type { Payer } from '../owner.js'
import { refusal } from '../refusal.js'
import type { Publisher } from '../publisher.js'
import type { UserAccount } from '../treasury.js'
import type { Allowed, Asked } from './asked.js'
import { callLease } from './call-lease.js'
import { callNames, type CallNames } from './call-names.js'
import { command, type Commands, forbidden } from './command.js'
import type { CallLedger } from './ledger.js'
import { otherCall, type Outcome, refused } from './outcome.js'
import type { CallPlace } from './place.js'
import { run, type Running, runningCall } from './running-call.js'
import { type RunningIds, runningIds } from './running-ids.js'
import { runningStream } from './running-stream.js'

/** A user who gives up a call. */
export interface Canceller {
  readonly user: string
  readonly holder: string
  readonly account: UserAccount
  readonly payer: Payer
}

/** The calls of all clients that run on this server. */
export interface ServerCalls extends CallNames {
  /** The memory of commands; `undefined` where the engine has none. */
  readonly ledger: CallLedger | undefined
  /** Begins a call, or goes on with it. */
  readonly begin: (asked: Allowed, place: CallPlace) => void
  /** Refuses a call. A command that is refused for good never runs; one that has run before gets its outcome. */
  readonly decline: (asked: Asked, place: CallPlace, because: Refusal) => void
  /** The life of a room has changed. */
  readonly reconsider: (room: string) => void
  /** Gives up a call of a user, also one that has not arrived. */
  readonly cancel: (by: Canceller, id: string) => void
  /** Ends every call. Commands that run are lost. */
  readonly close: () => void
}

/** The waiting time where the running calls of a user are at their maximum, in ms. */
const waitMs = 1_000

/** The parts of a server that its calls use. */
export interface CallParts {
  readonly context: Context
  readonly publisher: Publisher
  readonly lives: Lives | undefined
}

/** Makes the calls of a server; `undefined` where the application answers none. */
export const serverCalls = (parts: CallParts): ServerCalls | undefined => {
  const { context } = parts
  const { calls, engine } = context.settings
  if (!calls) return undefined
  const { tables, calls: ledger } = engine
  const running = runningIds(context.count)
  const lease = tables && callLease(context, tables, () => running.commands() > 0)
  return new Calls(parts, callNames(calls), running, ledger && lease && { context, ledger, lease })
}

/** The calls of a server. A class for the sake of its many parts; there is one for each server. */
class Calls implements ServerCalls {
  readonly #context: Context
  readonly #publisher: Publisher
  readonly #lives: Lives | undefined
  readonly #running: RunningIds
  readonly #commands: Commands | undefined
  readonly find: CallNames['find']
  readonly ledger: CallLedger | undefined

  constructor(
    { context, publisher, lives }: CallParts,
    names: CallNames,
    running: RunningIds,
    commands: Commands | undefined,
  ) {
    this.#context = context
    this.#publisher = publisher
    this.#lives = lives
    this.#running = running
    this.#commands = commands
    this.find = names.find
    this.ledger = commands?.ledger
  }

  begin(asked: Allowed, place: CallPlace): void {
    if (!this.#goOn(asked, place)) this.#start(asked, place)
  }

  decline(asked: Asked, place: CallPlace, because: Refusal): void {
    const { kind, again } = asked.frame
    const outcome: Outcome = { t: 'left', ...because }
    if (kind !== 'command' || !again) refuse(place, outcome)
    else if (because.kind === 'retry') refuse(place, { ...outcome, kind: 'unknown' })
    else if (!this.#commands) refuse(place, refused('call/unknown'))
    else if (!this.#goOn(asked, place)) {
      const told = forbidden(this.#commands, asked, outcome)
      this.#begin(place, nothing, (ended) => runningCall({ context: this.#context, asked, outcome: () => told, ended }))
    }
  }

  cancel({ user, holder, account, payer }: Canceller, id: string): void {
    const known = this.#running.find(holder, id)
    known?.cancel()
    const ledger = this.#commands?.ledger
    if (known || !ledger || account.take('calls') > 0) return
    this.#context.engine(
      () => ledger.cancel({ user: holder, id }),
      (answered) => {
        if (E.isLeft(answered)) this.#context.fault({ where: 'engine', message: answered.left, user })
      },
      payer,
    )
  }

  reconsider(room: string): void {
    for (const each of this.#running.streams(room)) each.recheck?.()
  }

  close(): void {
    for (const each of this.#running.all()) each.close()
    this.#commands?.lease.close()
  }

  /** Goes on with a call that runs. Returns false where there is none. */
  #goOn(asked: Asked, place: CallPlace): boolean {
    const known = this.#running.find(asked.holder, asked.frame.id)
    if (!known) return false
    if (isSame(known.asked, asked)) known.attach(place)
    else refuse(place, refused('call/input', { message: otherCall }))
    return true
  }

  #start(asked: Allowed, place: CallPlace): void {
    const { frame, account } = asked
    if (frame.kind === 'stream' && frame.again) refuse(place, refused('call/lost'))
    else if (frame.kind === 'command' && !this.#commands)
      refuse(place, refused(frame.again ? 'call/unknown' : 'call/unsupported'))
    else if (!account.add('running')) this.decline(asked, place, refusal('call/rate', { retryAfterMs: waitMs }))
    else this.#run(asked, place)
  }

  #run(asked: Allowed, place: CallPlace): void {
    const context = this.#context
    const { kind, room } = asked.frame
    // The life of a room is followed while streams depend on it.
    const life = kind === 'stream' && room !== undefined ? this.#lives?.use(room) : undefined
    const over = (): void => {
      asked.account.remove('running')
      if (life) this.#lives?.release(life)
    }
    if (kind === 'stream') {
      this.#begin(place, nothing, (ended) => runningStream({ context, asked, stopped: over, ended }))
      return
    }
    this.#begin(place, over, (ended) => {
      const run$ = run(context, this.#publisher, asked)
      const commands = this.#commands
      if (kind === 'query' || !commands) return runningCall({ context, asked, outcome: () => run$, ended })
      const own = command(commands, asked, run$)
      const cancelled = (): void => {
        own.cancel()
      }
      return runningCall({ context, asked, outcome: (isFenced) => own.outcome(isFenced), ended, cancelled })
    })
  }

  #begin(place: CallPlace, over: () => void, make: (ended: () => void) => Running): void {
    const call: Running = make(() => {
      if (this.#running.remove(call)) over()
    })
    this.#running.add(call)
    call.attach(place)
    call.begin()
  }
}

const nothing = (): void => undefined

/** Refuses a call that does not run. */
const refuse = (place: CallPlace, because: Outcome): void => {
  place.left()
  place.answer(because)
}

const isSame = ({ frame: one }: Asked, { frame: other }: Asked): boolean =>
  one.name === other.name && one.kind === other.kind && one.room === other.room
