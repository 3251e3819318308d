import type { IncomingMessage } from 'node:http'
import { isIPv4, isIPv6 } from 'node:net'

/**
 * The address of a client, as budgets are counted by it: IPv4 whole, of IPv6 the first 64 bits, which one customer holds.
 * `proxies` in front of the server are trusted: each appends the address that it sees to `X-Forwarded-For`. `undefined` on a
 * Unix socket without a proxy, and where a proxy forwards no address.
 */
export const clientAddress = ({ headers, socket }: IncomingMessage, proxies: number): string | undefined => {
  if (proxies === 0) return normalized(socket.remoteAddress)
  const forwarded = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',')
  return normalized(forwarded.at(-proxies)?.trim())
}

const normalized = (address: string | undefined): string | undefined => {
  const bare = address?.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '') ?? ''
  if (isIPv4(bare)) return bare
  return isIPv6(bare) ? networkOf(bare) : undefined
}

/** The first 64 bits of an IPv6 address. */
const networkOf = (address: string): string => {
  const [head = '', tail] = address.toLowerCase().split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length
  const groups = [...before, ...Array.from({ length: Math.max(0, zeros) }, () => '0'), ...after]
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`
}
