import type { IncomingMessage } from 'node:http'
import { forwardedAddress } from './client-address.js'

type Headers = Pick<IncomingMessage, 'headers'>

/** Returns true for a request that came through a proxy. Clients can write these headers too. */
export const isForwarded = ({ headers }: Headers): boolean =>
  headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined

/** Returns a message where the option `proxies` does not fit a request, so that many clients count as one address. */
export const proxiesFault = (request: Headers, proxies: number): string | undefined => {
  if (proxies === 0) {
    return isForwarded(request)
      ? 'A request came through a proxy (X-Forwarded-For or Forwarded): all clients behind it count as one address, that of the proxy. If the proxy is yours, set proxies: 1.'
      : undefined
  }
  return forwardedAddress(request, proxies) === undefined
    ? `A request came without an address at place ${proxies} from the end of X-Forwarded-For: all such clients count as one address. Set proxies to the number of proxies, and have each append to X-Forwarded-For.`
    : undefined
}
