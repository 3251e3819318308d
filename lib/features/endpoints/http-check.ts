import { catchError, defer, finalize, from, map, of } from 'rxjs'
import type { EndpointCheck } from './check.js'

/**
 * Makes a check of endpoints that asks the health path of their servers: `GET`, at the host of the endpoint, by `http:` for
 * `ws:` and `https:` for `wss:`. Any answer of 200 to 299 says that the server is well; every other one, and no answer,
 * says that it is not. Pages of another origin need the server's permission (CORS). Default path: `/healthz`.
 */
export const httpCheck =
  (path = '/healthz'): EndpointCheck =>
  ({ url }) =>
    defer(() => {
      const abort = new AbortController()
      const { href } = new URL(path, url.replace(/^ws/, 'http'))
      return from(fetch(href, { cache: 'no-store', signal: abort.signal })).pipe(
        finalize(() => {
          abort.abort()
        }),
      )
    }).pipe(
      map(({ ok }) => ok),
      catchError(() => of(false)),
    )
