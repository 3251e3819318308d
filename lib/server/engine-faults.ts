import { EMPTY, Observable } from 'rxjs'
import { reportLimit } from '../core/report-limit.js'
import { thrownText } from '../core/guard.js'
import type { Context } from './context.js'
import type { ServerFault } from './metrics.js'

/** The engine's own fault reports. Every request to an engine can fail, so at most twenty reports per kind and second pass. */
/** Texts that differ only in numbers and ids are of one kind. */
const kindOf = (message: string): string => message.replace(/[\w-]*\d[\w-]*/g, '#')

export const engineFaults = ({ settings, now, time }: Context): Observable<ServerFault> =>
  new Observable((to) => {
    const limited = reportLimit(now, time.at)
    return (settings.engine.faults$ ?? EMPTY).subscribe({
      next: ({ message }) => {
        limited(kindOf(message), (more) => {
          to.next({ where: 'engine', message: message + more })
        })
      },
      error: (thrown: unknown) => {
        to.next({ where: 'engine', message: thrownText(thrown) })
        to.complete()
      },
      complete: () => {
        to.complete()
      },
    })
  })
