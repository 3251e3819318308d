import { catchError, defer, EMPTY } from 'rxjs'
import * as E from '#fp/Either'
import { between } from '../core/check.js'
import { excerpt } from '../core/error.js'
import { guard, thrownText } from '../core/guard.js'
import { readLength } from '../core/redact.js'
import { randomId } from '../core/ids.js'
import { chance, epochNow } from '../core/platform.js'
import type { Config } from './config.js'
import { type Fault, fault } from '../kernel/fault.js'
import { isId } from './validate.js'

/**
 * Wraps the user's functions in the options: a throw or an invalid result is reported as a fault, and a default takes
 * its place.
 */
export const guarded = (config: Config, report: (what: Fault) => void): Config => {
  const failed = (what: string, said: string): void => {
    report(fault('FunctionThrew', `${what}: ${said}`))
  }
  /** Of functions that are called all the time (`isFrequent`) only the first failure is reported. */
  const safe = <A extends unknown[], T>(
    what: string,
    call: (...given: A) => T,
    fits: (value: unknown) => boolean,
    otherwise: () => T,
    isFrequent = false,
  ): ((...given: A) => T) => {
    // The default needs no guard, and some are called for every message.
    if (call === otherwise) return call
    let isTold = false
    return (...given) => {
      const answer = guard(() => call(...given), readLength)
      if (E.isRight(answer) && fits(answer.right)) return answer.right
      if (!isTold) failed(what, E.isLeft(answer) ? answer.left : `it gave ${excerpt(answer.right)}`)
      isTold = isFrequent
      return otherwise()
    }
  }
  return {
    ...config,
    random: safe('random', config.random, isChance, chance, true),
    wall: safe('wall', config.wall, Number.isFinite, epochNow, true),
    ids: safe('ids', config.ids, isId, randomId),
    classify: safe('classify', config.classify, isVerdict, () => 'retry'),
    hints$: defer(() => config.hints$).pipe(
      catchError((thrown: unknown) => {
        failed('hints$', thrownText(thrown, readLength))
        return EMPTY
      }),
    ),
  }
}

const isChance = (value: unknown): boolean => between(0)(value) && value < 1
const isVerdict = (value: unknown): boolean => value === 'retry' || value === 'reauthenticate' || value === 'terminal'
