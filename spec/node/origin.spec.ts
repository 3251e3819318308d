import type { IncomingMessage } from 'node:http'
import { clientAddress } from '../../lib/node/client-address.js'
import { isLoopback, mayConnect, normalOrigin, type Origins } from '../../lib/node/origin.js'

const asks = (origin: string | undefined, host: string, origins: Origins = 'same-host', isLocal = false): boolean =>
  mayConnect(
    { headers: { host, ...(origin !== undefined && { origin }) } },
    Array.isArray(origins) ? origins.map(normalOrigin) : origins,
    isLocal,
  )

describe('origins', () => {
  it.each([
    ['https://app.example', 'app.example', true],
    ['https://app.example', 'app.example:443', true],
    ['http://app.example:5173', 'app.example:7420', true],
    ['https://APP.example', 'app.Example', true],
    ['http://localhost:5173', '127.0.0.1:7420', true],
    ['http://[::1]:80', 'localhost:7420', true],
    ['https://evil.example', 'app.example', false],
    ['https://app.example.evil.example', 'app.example', false],
    ['https://evil.example', '', false],
    ['null', 'app.example', false],
    ['', '', false],
    ['https://', 'app.example', false],
    ['https://app.example, https://evil.example', 'app.example', false],
    ['file://', '', false],
  ])('[SV130] by default a page of %s may connect to %s: %s', (origin, host, allowed) => {
    expect(asks(origin, host)).toBe(allowed)
  })

  it('[SV130] programs send no origin and may connect', () => {
    expect([asks(undefined, 'app.example'), asks(undefined, 'evil.example', ['https://a.example'], true)]).toEqual([
      true,
      true,
    ])
  })

  it('[SV130] a server of the loopback is reached by names of the loopback alone', () => {
    const local = (name: string): boolean => asks(`http://${name}`, `${name}:7420`, 'same-host', true)
    expect(['localhost', '127.0.0.1', '127.8.8.8', 'app.localhost', '[::1]'].map(local)).toEqual([
      true,
      true,
      true,
      true,
      true,
    ])
    expect(['evil.example', '127.0.0.1.evil.example', '10.0.0.1', 'localhost.evil.example'].map(local)).toEqual([
      false, false, false, false,
    ]) // prettier-ignore
  })

  it('[SV130] tells addresses of the loopback, also where they are written as IPv6', () => {
    const addresses = ['127.0.0.1', '::1', '::ffff:127.0.0.1', '::', '0.0.0.0', '::ffff:10.0.0.1']
    expect(addresses.map(isLoopback)).toEqual([true, true, true, false, false, false])
  })

  it('[SV130] a list is exact, however its origins are written; a star lets in every page', () => {
    const listed = ['https://App.example/', 'https://b.example:443', 'null', 'capacitor://localhost']
    const allowed = ['https://app.example', 'https://b.example', 'null', 'capacitor://localhost']
    const refused = [
      'http://app.example',
      'https://app.example:8443',
      'https://x.app.example',
      'https://app.example.evil.example',
      '',
    ]
    expect(allowed.map((origin) => asks(origin, 'other.example', listed))).toEqual([true, true, true, true])
    expect(refused.map((origin) => asks(origin, 'app.example', listed))).toEqual([false, false, false, false, false])
    expect(asks('https://evil.example', 'app.example', '*', true)).toBe(true)
  })
})

describe('the address of a client', () => {
  const from = (remoteAddress: string | undefined, forwarded: string | undefined, proxies = 0) =>
    clientAddress({ headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }, socket: { remoteAddress } } as unknown as IncomingMessage, proxies) // prettier-ignore

  it.each([
    ['203.0.113.9', undefined, 0, '203.0.113.9'],
    ['::ffff:203.0.113.9', undefined, 0, '203.0.113.9'],
    ['2001:db8:1:2:3:4:5:6', undefined, 0, '2001:db8:1:2::/64'],
    ['2001:db8::1', undefined, 0, '2001:db8:0:0::/64'],
    ['fe80::1%eth0', undefined, 0, 'fe80:0:0:0::/64'],
    [undefined, undefined, 0, undefined],
    ['127.0.0.1', '203.0.113.9', 0, '127.0.0.1'],
    ['127.0.0.1', '203.0.113.9', 1, '203.0.113.9'],
    ['127.0.0.1', '198.51.100.1, 203.0.113.9', 1, '203.0.113.9'],
    ['127.0.0.1', '198.51.100.1,203.0.113.9 , 10.0.0.1', 2, '203.0.113.9'],
    ['::FFFF:cb00:7109', undefined, 0, '203.0.113.9'],
    ['0:0:0:0:0:ffff:203.0.113.9', undefined, 0, '203.0.113.9'],
    ['64:ff9b::203.0.113.9', undefined, 0, '203.0.113.9'],
    ['2001:db8::3:4:5:1.2.3.4', undefined, 0, '2001:db8:0:3::/64'],
    ['127.0.0.1', '203.0.113.9:5123', 1, '203.0.113.9'],
    ['127.0.0.1', '[2001:db8::1]:443', 1, '2001:db8:0:0::/64'],
    ['127.0.0.1', '[2001:db8::1]', 1, '2001:db8:0:0::/64'],
    ['127.0.0.1', '"[2001:db8::1]:443"', 1, '2001:db8:0:0::/64'],
    ['127.0.0.1', '2001:db8::1', 1, '2001:db8:0:0::/64'],
    ['10.0.0.1', '203.0.113.9', 2, '10.0.0.1'],
    ['10.0.0.1', 'unknown', 1, '10.0.0.1'],
    ['10.0.0.1', '203.0.113.9:', 1, '10.0.0.1'],
    ['10.0.0.1', '203.0.113.9,', 1, '10.0.0.1'],
    ['10.0.0.1', undefined, 1, '10.0.0.1'],
    [undefined, undefined, 1, 'unknown'],
    [undefined, 'unknown', 1, 'unknown'],
    [undefined, '203.0.113.9', 1, '203.0.113.9'],
    [undefined, '203.0.113.9', 0, undefined],
  ])('[SV131] socket %s, X-Forwarded-For %s, %d proxies: %s', (socket, forwarded, proxies, address) => {
    expect(from(socket, forwarded, proxies)).toBe(address)
  })
})
