import * as E from '#fp/Either'
import { config } from 'rxjs'
import { anything } from '../../lib/contract/contract.js'
import { type Client, clientWith } from '../../lib/client/client.js'
import type { PeerSocket } from '../../lib/core/ports.js'
import { json } from '../../lib/protocol/json.js'
import type { Join } from '../../lib/protocol/frame.js'
import { seeded } from '../../lib/testing/random.js'
import { virtualTime } from '../../lib/testing/virtual.js'
import { memory } from '../../lib/transport/memory.js'
import { mutant } from './mutate.js'
import { counted, type FuzzReport } from './report.js'
import { limits, serverFrames } from './samples.js'

/** Changed frames of one connection, in messages of one each; then it is honest. */
const perLink = 200

/** Sends changed frames to a client whose server is honest in between, in virtual time. */
export const fuzzClient = (frames: number, seed: number): FuzzReport => {
  const time = virtualTime()
  const random = seeded(seed)
  const codes: Record<string, number> = {}
  const defects: string[] = []
  let links = 0
  let socket: PeerSocket | undefined
  let isHonest = true
  let offset = 3
  const say = (frame: unknown): void => socket?.send(JSON.stringify(frame))
  const admit = ({ ch }: Pick<Join, 'ch'>): void => {
    say({ t: 'joined', ch, number: ch, epoch: 'E', first: 1, head: offset, base: offset, recovered: true, info: {}, permissions: ['read', 'publish'] }) // prettier-ignore
    if (isHonest) say(['m', ch, offset + 1, `id-${offset + 1}`, 'honest', ['ben', 's'], 1_000, offset + 1])
  }
  const answer = (frame: {
    readonly t?: string
    readonly ch?: number
    readonly n?: number
    readonly rooms?: readonly Join[]
  }) => {
    if (frame.t === 'hello') {
      say({ t: 'welcome', can: ['seen'], session: { id: 's', resume: 'r', expiresInMs: 60_000 }, user: 'ann', roles: [], heartbeat: { intervalMs: 25_000, graceMs: 10_000 }, limits, durability: 'memory' }) // prettier-ignore
      frame.rooms?.forEach(admit)
    } else if (frame.t === 'join') admit({ ch: frame.ch ?? 0 })
    else if (frame.t === 'ping') say({ t: 'pong', n: frame.n })
  }
  const network = memory({
    scheduler: time,
    accept: (opened) => {
      links++
      socket = opened
      return {
        receive: (data) => {
          const envelopes = json.unpack(data)
          if (E.isRight(envelopes)) envelopes.right.forEach((frame) => answer(frame as Parameters<typeof answer>[0]))
        },
        drained: () => undefined,
        closed: () => {
          if (socket === opened) socket = undefined
        },
      }
    },
  })
  const unhandled = config.onUnhandledError
  config.onUnhandledError = (error) => defects.push(String(error))

  let received = 0
  const begin = (): Client => {
    const client = clientWith(() => network.transport)({ url: 'ws://fuzz', scheduler: time, random, backoff: { floorMs: 1, firstMs: 1, capMs: 10 } }) // prettier-ignore
    client.faults$.subscribe(({ _tag, message }) => {
      counted(codes, _tag)
      if (_tag !== 'BadFrame') defects.push(message)
    })
    client
      .room('r', anything)
      .on('honest')
      .subscribe((result) => {
        if (E.isRight(result)) received++
        else counted(codes, result.left.code)
      })
    client.room('r2', anything).messages().subscribe()
    client.room('r', anything).post('event', 1).subscribe()
    time.advanceBy(50)
    return client
  }
  const attempt = (work: () => void): void => {
    try {
      work()
    } catch (thrown) {
      defects.push(String(thrown))
    }
  }

  let begun = 0
  let done = 0
  let client = begin()
  for (let sent = 0; sent < frames;) {
    isHonest = false
    attempt(() => {
      for (let count = 0; count < perLink && sent < frames; count++) {
        sent++
        socket?.send(mutant(serverFrames, random))
        time.advanceBy(socket ? 1 : 100)
      }
    })
    // Whatever was said, an honest server gets through: at once, or to a new client where this one was told to stop.
    isHonest = true
    offset += 1_000
    begun++
    const before = received
    attempt(() => {
      socket?.close(1012, '')
      time.advanceBy(60_000)
      if (received === before) {
        client.close()
        client = begin()
        time.advanceBy(60_000)
      }
    })
    if (received > before) done++
  }
  client.close()
  config.onUnhandledError = unhandled
  return { frames, links, begun, done, defects, codes }
}
