import { catchError, defer, map, of } from 'rxjs'
import { fromFetch } from 'rxjs/fetch'
import type { EndpointCheck } from './check.js'

/**
 * Makes a check of endpoints that asks the health path of their servers: `GET`, at the host of the endpoint, by `http:` for
 * `ws:` and `https:` for `wss:`. Any answer of 200 to 299 says that the server is well; every other one, and no answer,
 * says that it is not. Pages of another origin need the server's permission (CORS). Default path: `/healthz`.
 */
export const httpCheck =
  (path = '/healthz'): EndpointCheck =>
  ({ url }) =>
    defer(() => fromFetch(new URL(path, url.replace(/^ws/, 'http')).href, { cache: 'no-store' })).pipe(
      map(({ ok }) => ok),
      catchError(() => of(false)),
    )
