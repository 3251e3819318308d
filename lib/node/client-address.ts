import type { IncomingMessage } from 'node:http'
import { isIPv4, isIPv6 } from 'node:net'

/**
 * The address of a client, as budgets are counted by it: IPv4 whole, of IPv6 the first 64 bits, which one customer holds.
 * `proxies` in front of the server are trusted: each appends the address that it sees to `X-Forwarded-For`. Where they forward
 * none it is that of the socket, and on a Unix socket one for all. `undefined` on a Unix socket without a proxy.
 */
export const clientAddress = (request: IncomingMessage, proxies: number): string | undefined => {
  const own = socketAddress(request.socket)
  return proxies === 0 ? own : (forwardedAddress(request, proxies) ?? own ?? 'unknown')
}

/** The address at the other end of a socket; `undefined` on a Unix socket. */
export const socketAddress = ({ remoteAddress }: { readonly remoteAddress?: string | undefined }): string | undefined =>
  normalized(remoteAddress)

/** The address that the last of the trusted proxies before the server was told, where they say one. */
export const forwardedAddress = (
  { headers }: Pick<IncomingMessage, 'headers'>,
  proxies: number,
): string | undefined => {
  const forwarded = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',')
  return normalized(bare(forwarded.at(-proxies)?.trim() ?? ''))
}

/** Without quotes, brackets and port: `203.0.113.9:5123` and `"[2001:db8::1]:443"` are written by some proxies. */
const bare = (text: string): string => {
  const unquoted = text.replace(/^"(.*)"$/, '$1')
  const [, address = unquoted] = /^\[([^[\]]*)\](?::\d+)?$/.exec(unquoted) ?? /^([\d.]+):\d+$/.exec(unquoted) ?? []
  return address
}

const normalized = (address: string | undefined): string | undefined => {
  const known = address?.replace(/%.*$/, '') ?? ''
  if (isIPv4(known)) return known
  return isIPv6(known) ? networkOf(groupsOf(known)) : undefined
}

/** Prefixes of 96 bits before an IPv4 address: sockets for both families, and translators from IPv4 to IPv6 (RFC 6052). */
const prefixesOfIPv4: ReadonlySet<string> = new Set(['0:0:0:0:0:ffff', '64:ff9b:0:0:0:0'])

/** The IPv4 address that is written as IPv6, else the first 64 bits. */
const networkOf = (groups: readonly string[]): string => {
  if (!prefixesOfIPv4.has(groups.slice(0, 6).join(':'))) return `${groups.slice(0, 4).join(':')}::/64`
  const bytes = groups.slice(6).flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 255])
  return bytes.join('.')
}

/** The eight groups of an IPv6 address, without zeros in front. */
const groupsOf = (address: string): readonly string[] => {
  const [head = '', tail] = withoutDots(address.toLowerCase()).split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length
  const groups = [...before, ...Array.from({ length: Math.max(0, zeros) }, () => '0'), ...after]
  return groups.map((group) => group.replace(/^0+(?=.)/, ''))
}

/** The last 32 bits may be written as IPv4. */
const withoutDots = (address: string): string =>
  address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...[a, b, c, d]: readonly string[]) =>
    [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)].map((group) => group.toString(16)).join(':'),
  )
