import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import type { Subscriber } from 'rxjs'
import type { Parts } from '../../client/parts.js'
import { declaredOf, outputOf } from '../../contract/call-answer.js'
import type { CallType } from '../../contract/call-type.js'
import type { WebSocketError } from '../../core/error.js'
import { unescaped } from '../../protocol/payload.js'
import type { Left, Reply } from '../../protocol/frame.js'
import { callFailure, refusedCall } from '../../contract/call-failure.js'
import type { Ask, Caller } from './pending.js'
import { seen } from './seen.js'

type Answer = Either<WebSocketError, unknown>

/** Reads the answers to a call by its type, and emits them. A class, because each call has one. */
export class Answers implements Caller {
  readonly #parts: Parts
  readonly #type: CallType
  readonly #ask: Ask
  readonly #to: Subscriber<Answer>
  /** The time at which an answer is not held back any longer. */
  readonly #untilMs: number

  constructor(parts: Parts, type: CallType, ask: Ask, to: Subscriber<Answer>) {
    this.#parts = parts
    this.#type = type
    this.#ask = ask
    this.#to = to
    this.#untilMs = ask.seen ? parts.kernel.deadlines.now() + ask.withinMs : 0
  }

  reply(frame: Reply): void {
    const isLast = frame.is !== 'value' && frame.is !== 'gap'
    const answer = this.#answerOf(frame)
    const { seen: waits, room } = this.#ask
    if (waits && room !== undefined && frame.at)
      this.#parts.get(seen).wait({ room, at: frame.at, untilMs: this.#untilMs }, () => {
        this.#emit(answer, isLast)
      })
    else this.#emit(answer, isLast)
  }

  refused(frame: Left): void {
    this.failed(refusedCall(this.#ask, frame))
  }

  failed(because: WebSocketError): void {
    this.#emit(E.left(because), true)
  }

  #emit(answer: Answer | undefined, isLast: boolean): void {
    this.#parts.kernel.turns.publish(() => {
      if (answer) this.#to.next(answer)
      if (isLast) this.#to.complete()
    })
  }

  #answerOf(frame: Reply): Answer | undefined {
    const [type, names] = [this.#type, this.#ask]
    switch (frame.is) {
      case 'value':
      case 'last':
        return outputOf(type, names, unescaped(frame.data))
      case 'error':
        return declaredOf(type, names, frame.error ?? '', unescaped(frame.data))
      case 'gap':
        return E.left(callFailure('call/lost', names, 'yes', { of: 'gap' }))
      case 'end':
      case 'none':
        return type.kind === 'stream' ? undefined : E.left(callFailure('call/failed', names, 'unknown'))
    }
  }
}
