import { json } from '../../lib/protocol/json.js'
import { escaped } from '../../lib/protocol/escape.js'

const travelled = (value: unknown): unknown => json.payload(JSON.parse(JSON.stringify(escaped(value))))

describe('payloads that only look marked once they are JSON', () => {
  it.each([
    ['a key that JSON drops', { $: 'AQID', b: undefined }, { $: 'AQID' }],
    ['a toJSON that gives a look-alike', { toJSON: () => ({ $: 0 }) }, { $: 0 }],
    ['a toJSON that gives a date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['a look-alike in a look-alike', { $: [{ $: 0 }] }, { $: [{ $: 0 }] }],
  ])('[PR20] %s', (_, sent, received) => {
    expect(travelled(sent)).toEqual(received)
  })
})
