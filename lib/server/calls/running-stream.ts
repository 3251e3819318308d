import * as E from '#fp/Either'
import { Subscription } from 'rxjs'
import type { Either } from 'fp-ts/lib/Either.js'
import type { Deadline } from '../../core/deadlines.js'
import type { Context } from '../context.js'
import type { MembershipEnd } from '../tables/member-row.js'
import type { Allowed } from './asked.js'
import { type Body, replyOf, sizeOf } from './body.js'
import { type Outcome, refused } from './outcome.js'
import type { CallPlace, Held } from './place.js'
import { replyWindow } from './reply-window.js'
import { failed, type Running } from './running-call.js'
import { type Source, source } from './source.js'

/** Replies in one step, before others have their turn. */
const perStep = 16

/** The replies that a client allows which names no credit. */
const defaultCredit = 64

export interface StreamNeeds {
  readonly context: Context
  readonly asked: Allowed
  /** The handler has ended. */
  readonly stopped: () => void
  /** Nobody can come back to the stream. */
  readonly ended: () => void
}

export const runningStream = (needs: StreamNeeds): Running => new RunningStream(needs)

/**
 * A stream that runs: its replies leave in their order, as credit and connection allow. Without a link it goes on for a
 * while, and its last replies are kept as long after its end: the client may come back for them.
 */
class RunningStream implements Running, Held {
  readonly asked: Allowed
  readonly #context: Context
  readonly #ended: () => void
  readonly #replies: ReturnType<typeof replyWindow>
  readonly #source = new Subscription()
  #answers: Source | undefined
  #place: CallPlace | undefined
  /** The deadline of the first reply. */
  #late: Deadline | undefined
  /** The time at which nobody comes back. */
  #end: Deadline | undefined

  constructor({ context, asked, stopped, ended }: StreamNeeds) {
    this.asked = asked
    this.#context = context
    this.#ended = ended
    this.#source.add(stopped)
    this.#replies = replyWindow(asked.account, context.settings.budgets.user.replyBytes)
  }

  begin(): void {
    const { handled, input, caller, until } = this.asked
    const { time } = this.#context
    this.#late = time.at(until, () => {
      this.#finish(() => refused('call/late'))
    })
    const answers = source(handled, input, caller, {
      take: (said) => {
        this.#turn(() => {
          this.#take(said)
        })
      },
      end: () => {
        this.#turn(() => {
          this.#finish((n) => ({ t: 'reply', n, is: 'end' }))
        })
      },
    })
    this.#answers = answers
    this.#source.add(answers.stop)
    this.#go()
  }

  attach(place: CallPlace): void {
    const { after = 0, credit = after + defaultCredit } = place.frame
    const before = this.#release()
    before?.answer(refused('call/lost'))
    this.#end?.cancel()
    this.#place = place
    place.hold(this)
    this.#replies.resume(after, credit)
    this.#go()
  }

  credit(upTo: number, seen: number): void {
    this.#replies.credit(upTo, seen)
    if (this.#source.closed && this.#replies.isEmpty()) this.close()
    else this.#go()
  }

  lose(how: MembershipEnd): void {
    this.#place = undefined
    if (how === 'lost' || how === 'expired') this.#endLater()
    else this.close()
  }

  recheck(): void {
    const place = this.#place
    place?.judge((because) => {
      if (!because || place !== this.#place) return
      place.write({ t: 'left', ...because })
      this.close()
    })
  }

  cancel(): void {
    this.close()
  }

  close(): void {
    this.#stop()
    this.#end?.cancel()
    this.#release()
    this.#replies.clear()
    this.#ended()
  }

  hasWork(): boolean {
    return this.#replies.hasNext() || this.#mayAsk()
  }

  step(): boolean {
    const place = this.#place
    if (!place) return false
    for (let count = 0; count < perStep && place.hasRoom(); count++) {
      if (this.#mayAsk()) this.#answers?.ask()
      const next = this.#replies.next()
      if (!next) break
      place.write(next.outcome)
    }
    if (this.#source.closed && this.#replies.isWritten()) this.#endLater()
    return place.hasRoom() && this.hasWork()
  }

  /** Runs in the present turn if there is one: a flood of values fills the bounded window, and no queue. */
  #turn(task: () => void): void {
    const { box, bill } = this.#context
    const now = (): void => {
      bill(this.asked.payer.owner())
      if (!this.#source.closed) task()
    }
    if (box.busy()) now()
    else box.enter(now)
  }

  #take(said: Either<string, Body>): void {
    if (E.isLeft(said)) this.#finish(() => failed(this.#context, this.asked, said.left))
    else {
      const { right: body } = said
      const make = (n: number): Outcome => replyOf(n, 'value', body)
      if (body._tag === 'Error') this.#finish(make, sizeOf(body))
      else this.#put(make, sizeOf(body))
    }
  }

  #put(make: (n: number) => Outcome, bytes: number): void {
    this.#late?.cancel()
    this.#replies.put(make, bytes)
    this.#go()
  }

  /** Asks for a step, if there is something to write. */
  #go(): void {
    if (this.hasWork()) this.#place?.wake()
  }

  /** True where the client takes another reply, and the answers wait to be asked for. */
  #mayAsk(): boolean {
    return !this.#source.closed && this.#replies.isHungry() && (this.#answers?.waits() ?? false)
  }

  /** Adds the last reply. */
  #finish(make: (n: number) => Outcome, bytes = 0): void {
    this.#stop()
    this.#put(make, bytes)
  }

  #stop(): void {
    this.#source.unsubscribe()
    this.#late?.cancel()
  }

  #endLater(): void {
    const { time, settings } = this.#context
    const { quietMs, graceMs } = settings.presence
    this.#end?.cancel()
    this.#end = time.after(quietMs + graceMs, () => {
      this.close()
    })
  }

  #release(): CallPlace | undefined {
    const before = this.#place
    this.#place = undefined
    before?.left()
    return before
  }
}
