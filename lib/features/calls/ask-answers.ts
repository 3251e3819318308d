import * as E from '#fp/Either'
import type { Subscriber } from 'rxjs'
import { declaredOf, type MemberResult, outputOf } from '../../contract/call-answer.js'
import { type CallNames, refusedCall } from '../../contract/call-failure.js'
import type { CallType } from '../../contract/call-type.js'
import { frozen } from '../../core/frozen.js'
import type { Result } from '../../core/result.js'
import type { Turns } from '../../kernel/turns.js'
import type { Reply } from '../../protocol/frame.js'
import { unescaped } from '../../protocol/payload.js'
import type { Caller } from './pending.js'

/** Reads the answers of members by the type of the call, and emits them. */
export const askAnswers = (
  turns: Pick<Turns, 'publish'>,
  type: CallType,
  names: CallNames,
  to: Subscriber<Result<MemberResult>>,
): Caller => {
  const emit = (result: Result<MemberResult>): void => {
    turns.publish(() => {
      to.next(result)
    })
  }
  const resultOf = ({ is, data, error = '', because }: Reply): Result<unknown> => {
    if (because) return E.left(refusedCall(names, because))
    return is === 'error' ? declaredOf(type, names, error, unescaped(data)) : outputOf(type, names, unescaped(data))
  }
  return {
    reply: (frame) => {
      if (frame.from) {
        const [user, session] = frame.from
        const result = resultOf(frame) as MemberResult['result']
        emit(E.right(Object.freeze({ member: frozen({ user, session }), result })))
      } else
        turns.publish(() => {
          to.complete()
        })
    },
    refused: (frame) => {
      emit(E.left(refusedCall(names, frame)))
    },
    failed: (because) => {
      emit(E.left(because))
    },
  }
}
