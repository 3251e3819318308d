import type { IncomingMessage } from 'node:http'
import { isIPv4, isIPv6 } from 'node:net'

/**
 * Returns the address of a client, the key for budgets: IPv4 in full, for IPv6 the first 64 bits, which belong to one
 * customer. Trusts `proxies` proxies in front of the server: each appends the address that it sees to
 * `X-Forwarded-For`. Without a forwarded address, it is that of the socket, and on a Unix socket one for all clients.
 * `undefined` on a Unix socket without a proxy.
 */
export const clientAddress = (request: IncomingMessage, proxies: number): string | undefined => {
  const own = socketAddress(request.socket)
  return proxies === 0 ? own : (forwardedAddress(request, proxies) ?? own ?? 'unknown')
}

/** Returns the address of the peer of a socket; `undefined` on a Unix socket. */
export const socketAddress = ({ remoteAddress }: { readonly remoteAddress?: string | undefined }): string | undefined =>
  normalized(remoteAddress)

/** Returns the address that the outermost trusted proxy saw, if the header has one. */
export const forwardedAddress = (
  { headers }: Pick<IncomingMessage, 'headers'>,
  proxies: number,
): string | undefined => {
  const forwarded = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',')
  return normalized(bare(forwarded.at(-proxies)?.trim() ?? ''))
}

/** Removes quotes, brackets and port: some proxies write `203.0.113.9:5123` and `"[2001:db8::1]:443"`. */
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

/** 96-bit prefixes of an IPv4 address: sockets for both families, and translators from IPv4 to IPv6 (RFC 6052). */
const prefixesOfIPv4: ReadonlySet<string> = new Set(['0:0:0:0:0:ffff', '64:ff9b:0:0:0:0'])

/** Returns the embedded IPv4 address, otherwise the first 64 bits. */
const networkOf = (groups: readonly string[]): string => {
  if (!prefixesOfIPv4.has(groups.slice(0, 6).join(':'))) return `${groups.slice(0, 4).join(':')}::/64`
  const bytes = groups.slice(6).flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 255])
  return bytes.join('.')
}

/** Returns the eight groups of an IPv6 address, without leading zeros. */
const groupsOf = (address: string): readonly string[] => {
  const [head = '', tail] = withoutDots(address.toLowerCase()).split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length
  const groups = [...before, ...Array.from({ length: Math.max(0, zeros) }, () => '0'), ...after]
  return groups.map((group) => group.replace(/^0+(?=.)/, ''))
}

/** Converts the last 32 bits from IPv4 notation. */
const withoutDots = (address: string): string =>
  address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...[a, b, c, d]: readonly string[]) =>
    [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)].map((group) => group.toString(16)).join(':'),
  )
