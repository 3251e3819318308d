import { format, inspect } from 'node:util'
import { reveal, Secret } from '../../lib/core/secret.js'

describe('a secret', () => {
  const canary = 'canary-1d8f'
  const secret = new Secret(canary)
  const holder = { deep: { list: [secret], map: new Map([['token', secret]]) } }

  it.each<readonly [string, () => string]>([
    ['a template', () => `Bearer ${secret as unknown as string}`],
    ['String', () => String(secret)],
    ['concatenation', () => 'x' + String(secret)],
    ['JSON', () => JSON.stringify(holder)],
    ['inspect', () => inspect(holder, { depth: null, showHidden: true, getters: true })],
    [
      'inspect without custom functions',
      () => inspect(holder, { depth: null, showHidden: true, customInspect: false }),
    ],
    ['format', () => format('%s %o %O %j', secret, secret, holder, holder)],
    ['an error', () => inspect(new Error('with a cause', { cause: secret }))],
    ['its keys and values', () => JSON.stringify([Reflect.ownKeys(secret), Object.entries(secret)])],
    ['a structured clone', () => inspect(structuredClone(holder), { depth: null })],
  ])('[CR12] does not show in %s', (_where, show) => {
    expect(show()).not.toContain(canary)
  })

  it('[CR12] is revealed to who asks for it by name', () => {
    expect(reveal(secret)).toBe(canary)
    expect([secret.toString(), JSON.stringify(secret), inspect(secret)]).toEqual(['***', '"***"', 'Secret(***)'])
  })
})
