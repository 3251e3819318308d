import { catchError, defer, EMPTY } from 'rxjs'
import * as E from '#fp/Either'
import type { Verdict } from '../connection/model.js'
import { excerpt } from '../core/error.js'
import { guard, thrownText } from '../core/guard.js'
import { readLength } from '../core/redact.js'
import { randomId } from '../core/ids.js'
import { chance, epochNow } from '../core/platform.js'
import type { Overflow } from '../outbox/model.js'
import type { Config } from './config.js'
import { type Fault, fault } from '../kernel/fault.js'
import { isId } from './validate.js'

/**
 * Wraps the user's functions in the options: a throw or an invalid result is reported as a fault, and a default takes
 * its place.
 */
export const guarded = (config: Config, report: (what: Fault) => void): Config => {
  const failed =
    (what: string) =>
    (said: string): void => {
      report(fault('FunctionThrew', `${what}: ${said}`))
    }
  /** For functions that are called all the time: reports only the first failure. */
  const once = (tell: (said: string) => void): ((said: string) => void) => {
    let isTold = false
    return (said) => {
      if (!isTold) tell(said)
      isTold = true
    }
  }
  const safe = <A extends unknown[], T>(
    call: (...given: A) => T,
    fits: (value: unknown) => boolean,
    otherwise: () => T,
    tell: (said: string) => void,
  ): ((...given: A) => T) => {
    // The default needs no guard, and some are called for every message.
    if (call === otherwise) return call
    return (...given) => {
      const answer = guard(() => call(...given), readLength)
      if (E.isRight(answer) && fits(answer.right)) return answer.right
      tell(E.isLeft(answer) ? answer.left : `it gave ${excerpt(answer.right)}`)
      return otherwise()
    }
  }
  const safeOverflow = (overflow: Overflow): Overflow =>
    overflow === 'reject' || !overflow.key
      ? overflow
      : { ...overflow, key: safe(overflow.key, isKey, () => undefined, failed('coalesceByKey')) }

  return {
    ...config,
    random: safe(config.random, isChance, chance, once(failed('random'))),
    wall: safe(config.wall, Number.isFinite, epochNow, once(failed('wall'))),
    ids: safe(config.ids, isId, randomId, failed('ids')),
    outbox: { ...config.outbox, overflow: safeOverflow(config.outbox.overflow) },
    classify: safe(config.classify, isVerdict, (): Verdict => 'retry', failed('classify')),
    hints$: defer(() => config.hints$).pipe(
      catchError((thrown: unknown) => {
        failed('hints$')(thrownText(thrown, readLength))
        return EMPTY
      }),
    ),
  }
}

const isKey = (value: unknown): boolean => value === undefined || typeof value === 'string'
const isChance = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value < 1
const isVerdict = (value: unknown): boolean => value === 'retry' || value === 'reauthenticate' || value === 'terminal'
