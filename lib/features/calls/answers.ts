import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import type { Subscriber } from 'rxjs'
import type { Parts } from '../../client/parts.js'
import type { CallType } from '../../contract/call-type.js'
import { declaredError, type WebSocketError } from '../../core/error.js'
import { frozen } from '../../core/frozen.js'
import { unescaped } from '../../protocol/payload.js'
import type { Reply } from '../../protocol/frame.js'
import { told } from '#texts'
import { callFailure, type CallNames, refusedCall, unreadableAnswer } from './failure.js'
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
  const value = ({ data }: Reply): Answer => {
    const output = type.codecs.output.decode(unescaped(data))
    return E.isRight(output) ? E.right(frozen(output.right)) : E.left(unreadableAnswer(names, output.left))
  }
  const declared = ({ data, error = '' }: Reply): Answer => {
    const read = type.codecs.error(error).decode(unescaped(data))
    if (E.isLeft(read)) return E.left(unreadableAnswer(names, read.left))
    const { call, id } = names
    return E.left(
      declaredError({
        ...told('call/declared', { call, error }),
        kind: 'terminal',
        error,
        value: frozen(read.right),
        call,
        id,
      }),
    )
  }
  const answerOf = (frame: Reply): Answer | undefined => {
    switch (frame.is) {
      case 'value':
      case 'last':
        return value(frame)
      case 'error':
        return declared(frame)
      case 'gap':
        return E.left(callFailure('call/lost', names, 'yes', { of: 'gap' }))
      case 'end':
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
