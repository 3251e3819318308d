import { Duplex } from 'node:stream'
import { WebSocket } from 'ws'
import { frameOf } from '../../lib/node/frame.js'
import { output } from '../../lib/node/output.js'
import { until } from '../support/until.js'

/** The writes of a socket, each with the chunks that it took together. */
const socket = (readyState: WebSocket['readyState'] = WebSocket.OPEN) => {
  const writes: Buffer[][] = []
  const raw = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _, done) => {
      writes.push([chunk])
      done()
    },
    writev: (chunks, done) => {
      writes.push(chunks.map(({ chunk }) => chunk as Buffer))
      done()
    },
  })
  return { write: output({ readyState }, raw), writes }
}

describe('the output of sockets', () => {
  it.each<[length: number, header: readonly number[]]>([
    [0, [0]],
    [125, [125]],
    [126, [126, 0, 126]],
    [65_535, [126, 255, 255]],
    [65_536, [127, 0, 0, 0, 0, 0, 1, 0, 0]],
  ])('[SV42] a frame of %i bytes is as RFC 6455 says', (length, header) => {
    const bytes = Buffer.alloc(length, 'x')
    expect(frameOf(bytes.toString())).toEqual(Buffer.concat([Buffer.of(0x81, ...header), bytes]))
    expect(frameOf(new Uint8Array(bytes))).toEqual(Buffer.concat([Buffer.of(0x82, ...header), bytes]))
    expect(frameOf('é€😀')).toEqual(Buffer.concat([Buffer.of(0x81, 9), Buffer.from('é€😀')]))
  })

  it('[SV42] the same message is one frame for all sockets', () => {
    const sockets = Array.from({ length: 3 }, socket)
    for (const { write } of sockets) write('hello')
    const frames = sockets.map(({ writes }) => writes[0]?.[0])
    expect(frames[0]).toEqual(frameOf('hello'))
    expect(new Set(frames).size).toBe(1)
  })

  it('[SV42] nothing is written once the closing handshake has begun', () => {
    const { write, writes } = socket(WebSocket.CLOSING)
    write('late')
    expect(writes).toEqual([])
  })

  it('[SV43] the first message of a tick is written at once, the others of the tick together', async () => {
    const { write, writes } = socket()
    const written = () => writes.map((chunks) => chunks.map((chunk) => chunk.subarray(2).toString()))
    for (const text of ['a', 'b', 'c']) write(text)
    expect(written()).toEqual([['a']])
    await until('the end of the tick', () => writes.length > 1)
    expect(written()).toEqual([['a'], ['b', 'c']])
    write('d')
    expect(written()).toEqual([['a'], ['b', 'c'], ['d']])
  })
})
