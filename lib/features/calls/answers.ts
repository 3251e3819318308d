import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import type { Subscriber } from 'rxjs'
import type { Parts } from '../../client/parts.js'
import { declaredOf, outputOf } from '../../contract/call-answer.js'
import type { CallType } from '../../contract/call-type.js'
import type { WebSocketError } from '../../core/error.js'
import { unescaped } from '../../protocol/payload.js'
import type { Reply } from '../../protocol/frame.js'
import { callFailure, type CallNames, refusedCall } from '../../contract/call-failure.js'
import type { Caller } from './pending.js'
import { seen } from './seen.js'

type Answer = Either<WebSocketError, unknown>

/** The receiver of a call's answers. */
export interface Receiver {
  readonly names: CallNames
  readonly to: Subscriber<Answer>
  readonly settle: 'answered' | 'seen' | undefined
  /** The time at which an answer is not held back any longer. */
  readonly untilMs: number
}

/** Reads the answers to a call by its type, and emits them. */
export const answers = (parts: Parts, type: CallType, { names, to, settle, untilMs }: Receiver): Caller => {
  const { turns } = parts.kernel
  const emit = (answer: Answer | undefined, isLast: boolean): void => {
    turns.publish(() => {
      if (answer) to.next(answer)
      if (isLast) to.complete()
    })
  }
  const answerOf = (frame: Reply): Answer | undefined => {
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
  return {
    reply: (frame) => {
      const isLast = frame.is !== 'value' && frame.is !== 'gap'
      const answer = answerOf(frame)
      const { room } = names
      if (settle === 'seen' && room !== undefined && frame.at)
        parts.get(seen).wait({ room, at: frame.at, untilMs }, () => {
          emit(answer, isLast)
        })
      else emit(answer, isLast)
    },
    refused: (frame) => {
      emit(E.left(refusedCall(names, frame)), true)
    },
    failed: (because) => {
      emit(E.left(because), true)
    },
  }
}
