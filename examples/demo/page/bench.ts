import { catchError, defer, from, map, type Observable, of, switchMap } from 'rxjs'
import { line } from './address.js'

export type Act = 'cut' | 'freeze' | 'mend' | 'restart' | 'kill'
export type Condition = 'up' | 'cut' | 'frozen'

/** How this tab's line is; `undefined` when the demo itself does not answer. */
export type Bench = Condition | undefined

const isCondition = (value: unknown): value is Condition => value === 'up' || value === 'cut' || value === 'frozen'

const asked = (path: string, init?: RequestInit): Observable<Bench> =>
  defer(() => from(fetch(path, init))).pipe(
    switchMap((response) => from(response.json() as Promise<{ readonly network?: unknown }>)),
    map(({ network }) => (isCondition(network) ? network : undefined)),
    catchError(() => of(undefined)),
  )

/** Asks how this tab's line is. Goes over HTTP, past the faulty line. */
export const condition$ = asked(`/bench?line=${line}`)

/** Breaks or mends something, then tells how this tab's line is. */
export const act = (act: Act, everyone: boolean): Observable<Bench> =>
  asked('/bench', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ act, line, everyone }),
  })
