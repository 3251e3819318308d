import { Subject } from 'rxjs'
import type { Deadlines } from '../core/deadlines.js'
import { thrownText } from '../core/guard.js'
import { readLength, type Redactor, redactor } from '../core/redact.js'
import { reportLimit } from '../core/report-limit.js'
import type { Report } from '../core/stream.js'
import type { KernelConfig } from './config.js'
import { type Counters, counters } from './counters.js'
import { type Fault, fault } from './fault.js'
import type { Log } from './log.js'
import type { Turns } from './turns.js'

/** The counters, faults and log of a client. */
export interface Diagnostics {
  readonly counters: Counters
  readonly faults: Subject<Fault>
  /** Reports a fault without secrets, and at a readable rate. */
  readonly report: (what: Fault) => void
  /** Reports an error that a subscriber threw, if anybody listens to faults. */
  readonly threw: Report
  /** Writes to the option `logger`; `undefined` without one. */
  readonly log: Log | undefined
  /** The secrets to mask in foreign texts. */
  readonly secrets: Redactor
}

const messageLength = 256

export const diagnostics = (
  { logger }: Pick<KernelConfig, 'logger'>,
  turns: Pick<Turns, 'enter'>,
  { now, at }: Pick<Deadlines, 'now' | 'at'>,
): Diagnostics => {
  const faults = new Subject<Fault>()
  const counted = counters()
  const secrets = redactor(logger?.mask)
  const limited = reportLimit(now, at)

  const report = ({ _tag, message }: Fault): void => {
    counted.faults++
    if (!log && !faults.observed) return
    limited(_tag, (more) => {
      const what = fault(_tag, secrets.hide(message).slice(0, messageLength - more.length) + more)
      log?.fault(what)
      if (faults.observed)
        turns.enter(() => {
          faults.next(what)
        })
    })
  }
  const loggerThrew = (said: string): void => {
    report(fault('FunctionThrew', `logger: ${said}`))
  }
  const log = logger?.attach(now, loggerThrew)

  return {
    counters: counted,
    faults,
    report,
    threw: (thrown) => {
      if (!faults.observed) return false
      report(fault('SubscriberThrew', thrownText(thrown, readLength)))
      return true
    },
    log,
    secrets,
  }
}
