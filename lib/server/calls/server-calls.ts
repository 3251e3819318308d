import { AsyncSubject } from 'rxjs'
import type { Refusal } from '../../protocol/frame.js'
import type { Context } from '../context.js'
import type { Payer } from '../owner.js'
import type { UserAccount } from '../treasury.js'
import { type Allowed, type Asked, engineAnswer } from './asked.js'
import { type CallLease, callLease } from './call-lease.js'
import { callNames, type CallNames } from './call-names.js'
import { command, type Commands, forbidden } from './command.js'
import type { CallLedger } from './ledger.js'
import { otherCall, type Outcome, refused } from './outcome.js'
import { answer, type CallPlace } from './place.js'
import { run, type Running, runningCall, type RunningNeeds } from './running-call.js'
import { runningIds } from './running-ids.js'

/** A user who gives up a call. */
export interface Canceller {
  readonly user: string
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
  /** Gives up a call of a user, also one that has not arrived. */
  readonly cancel: (by: Canceller, id: string) => void
  /** Ends every call. Commands that run are lost. */
  readonly close: () => void
}

/** The waiting time where the running calls of a user are at their maximum, in ms. */
const waitMs = 1_000

/** Makes the calls of a server; `undefined` where the application answers none. */
export const serverCalls = (context: Context): ServerCalls | undefined => {
  const { calls, engine } = context.settings
  if (!calls) return undefined
  const { tables, calls: ledger } = engine
  const running = runningIds(context.count)
  const lease = tables && ledger && callLease(context, tables, () => running.commands() > 0)
  const commands: Commands | undefined = lease && ledger && { context, ledger, lease$: lease.held$ }
  return new Calls(context, callNames(calls), running, commands, lease)
}

/** The calls of a server. A class for the sake of its many parts; there is one for each server. */
class Calls implements ServerCalls {
  readonly #context: Context
  readonly #running: ReturnType<typeof runningIds>
  readonly #commands: Commands | undefined
  readonly #lease: CallLease | undefined
  readonly find: CallNames['find']
  readonly ledger: CallLedger | undefined

  constructor(
    context: Context,
    names: CallNames,
    running: ReturnType<typeof runningIds>,
    commands: Commands | undefined,
    lease: CallLease | undefined,
  ) {
    this.#context = context
    this.#running = running
    this.#commands = commands
    this.#lease = lease
    this.find = names.find
    this.ledger = commands?.ledger
  }

  begin(asked: Allowed, place: CallPlace): void {
    const { frame, caller } = asked
    const known = this.#running.find(caller.user, frame.id)
    if (!known) this.#start(asked, place)
    else if (isSame(known.asked, asked)) {
      place.hold(known)
      known.attach(place, frame)
    } else refuse(place, refused('call/input', { message: otherCall }))
  }

  decline(asked: Asked, place: CallPlace, because: Refusal): void {
    const { kind, again } = asked.frame
    const refusal: Outcome = { t: 'left', ...because }
    if (kind !== 'command' || !again) refuse(place, refusal)
    else if (because.kind === 'retry') refuse(place, { ...refusal, kind: 'unknown' })
    else if (!this.#commands) refuse(place, refused('call/unknown'))
    else {
      const outcome = forbidden(this.#commands, asked, refusal)
      this.#run({ asked, place, outcome: () => outcome, ended: () => undefined })
    }
  }

  cancel({ user, account, payer }: Canceller, id: string): void {
    const known = this.#running.find(user, id)
    known?.cancel()
    const ledger = this.#commands?.ledger
    if (known || !ledger || account.take('calls') > 0) return
    engineAnswer(this.#context, payer, () => ledger.cancel({ user, id })).subscribe((answered) => {
      if (answered._tag === 'Left') this.#context.fault({ where: 'engine', message: answered.left, user })
    })
  }

  close(): void {
    for (const each of this.#running.all()) each.close()
    this.#lease?.close()
  }

  #start(asked: Allowed, place: CallPlace): void {
    const { frame, account } = asked
    if (frame.kind === 'stream') refuse(place, refused(frame.again ? 'call/lost' : 'call/unsupported'))
    else if (frame.kind === 'command' && !this.#commands)
      refuse(place, refused(frame.again ? 'call/unknown' : 'call/unsupported'))
    else if (!account.add('running')) refuse(place, refused('call/rate', { retryAfterMs: waitMs }))
    else this.#run(this.#needs(asked, place))
  }

  #needs(asked: Allowed, place: CallPlace): RunningNeeds {
    const ended = (): void => {
      asked.account.remove('running')
    }
    const commands = this.#commands
    const run$ = run(this.#context, asked)
    if (asked.frame.kind !== 'command' || !commands) return { asked, place, outcome: () => run$, ended }
    const cancelled$ = new AsyncSubject<true>()
    return {
      asked,
      place,
      outcome: (isFenced) => command(commands, asked, { run$, cancelled$, isFenced }),
      ended,
      cancelled: () => {
        cancelled$.next(true)
        cancelled$.complete()
      },
    }
  }

  #run(needs: RunningNeeds): void {
    const call: Running = runningCall({
      ...needs,
      ended: () => {
        if (this.#running.remove(call)) needs.ended()
      },
    })
    this.#running.add(call)
    needs.place.hold(call)
    call.begin()
  }
}

/** Refuses a call that does not run. */
const refuse = (place: CallPlace, because: Outcome): void => {
  place.left()
  answer(place, because)
}

const isSame = ({ frame: one }: Asked, { frame: other }: Asked): boolean =>
  one.name === other.name && one.kind === other.kind && one.room === other.room
