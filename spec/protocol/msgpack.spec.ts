import { createRequire } from 'node:module'
import { join } from 'node:path'
import { firstValueFrom } from 'rxjs'
import { type MessagePack, msgpackCodec } from '../../examples/codec/msgpack.js'
import { anything, createClient } from '../../lib/index.js'
import { json, serve } from '../../lib/node/index.js'
import { codecSuite } from '../../lib/testing/index.js'
import { world } from '../../lib/testing/world.js'
import { codeOf, left, right, see } from '../support/seen.js'
import { until } from '../support/until.js'

const load = createRequire(join(__dirname, '../../examples/codec/package.json'))
const codec = msgpackCodec(load('@msgpack/msgpack') as MessagePack)
const payloads = [
  'hello',
  { text: 'é😀', list: [1, 2.5, null, true] },
  Uint8Array.of(0, 1, 255),
  '\ud800',
  undefined,
  { $: 'mark' },
  [],
  0,
]

describe('the codec of examples/codec', () => {
  for (const { name, run } of codecSuite(codec)) it(name, run)

  it('[CK1] carries messages between a client with it and one with JSON, live and from the log', () => {
    const { client, time, end } = world({ codecs: [codec, json] })
    const [ana, ben] = [client({ codec }), client()]
    const [packed, plain] = [ana.room('hall', anything), ben.room('hall', anything)]
    const [atAna, atBen] = [see(packed.on('said')), see(plain.on('said'))]
    time.advanceBy(100)
    for (const payload of payloads) {
      packed.send('said', payload)
      plain.send('said', payload)
    }
    time.advanceBy(100)
    const all = payloads.flatMap((payload) => [payload, payload])
    const sorted = (seen: typeof atAna, own: boolean) =>
      seen.all
        .map(right)
        .filter((message) => message.own === own)
        .map(({ data }) => data)
    expect([sorted(atAna, true), sorted(atAna, false)]).toEqual([payloads, payloads])
    expect([sorted(atBen, true), sorted(atBen, false)]).toEqual([payloads, payloads])
    expect(atAna.all).toHaveLength(all.length)
    expect(end()).toBe(0)
  })

  it('[CK2] is agreed on by the subprotocol; a server without it refuses the client for good', () => {
    const { client, server, time, end } = world()
    const ana = client({ codec })
    const connected = see(ana.connect())
    time.advanceBy(1_000)
    expect(left(connected.only())).toMatchObject({ code: 'connection/closed', kind: 'terminal' })
    expect(see(ana.state$).last()._tag).toBe('Stopped')
    // The server reads nothing of it.
    expect(server().metrics().causes).toEqual({ 'protocol/subprotocol': 1 })
    expect(end()).toBe(0)
  })

  it('[CK3] an option that is no codec closes the client with a fault', () => {
    const client = createClient({ url: 'ws://127.0.0.1:1', codec: {} as typeof codec })
    expect(codeOf(see(client.connect()).only())).toBe('config/invalid')
  })

  it('[CK1] works over real sockets', async () => {
    const server = right(await firstValueFrom(serve({ port: 0, codecs: [codec, json] })))
    const [ana, ben] = [createClient({ url: server.url, codec }), createClient({ url: server.url })]
    const seen = see(ben.room('hall', anything).on('said'))
    await until('ben is there', () => server.metrics().members === 1)
    for (const payload of payloads) await firstValueFrom(ana.room('hall', anything).send('said', payload))
    await until('all came', () => seen.all.length === payloads.length)
    expect(seen.all.map((result) => right(result).data)).toEqual(payloads)
    for (const each of [ana, ben]) await firstValueFrom(each.close())
    await firstValueFrom(server.close())
  })
})
