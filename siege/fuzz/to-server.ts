import type { Data, Peer } from '../../lib/core/ports.js'
import { json } from '../../lib/protocol/json.js'
import { memory } from '../../lib/server/memory.js'
import { createRoomServer } from '../../lib/server/server.js'
import { seeded } from '../../lib/testing/random.js'
import { virtualTime } from '../../lib/testing/virtual.js'
import { limitsOf } from '../server/limits.js'
import { mutant } from './mutate.js'
import { counted, type FuzzReport } from './report.js'
import { clientFrames } from './samples.js'

/** Honest messages are sent once in so many frames. */
const every = 1_000

/** Sends changed frames to a server without limits of quantity, in virtual time; two honest clients talk meanwhile. */
export const fuzzServer = (frames: number, seed: number): FuzzReport => {
  const time = virtualTime()
  const random = seeded(seed)
  const codes: Record<string, number> = {}
  const defects: string[] = []
  const server = createRoomServer({
    engine: memory({ scheduler: time, wall: time.now }),
    scheduler: time,
    random,
    ...limitsOf('off'),
  })
  server.faults$.subscribe(({ where, message }) => {
    if (where === 'defect') defects.push(message)
  })
  const open = (name: string, heard: (text: string) => void) => {
    const state = { isOver: false }
    const peer: Peer = server.accept({
      protocol: json.subprotocol,
      send: (data: Data) => {
        heard(String(data))
      },
      buffered: () => 0,
      close: () => {
        state.isOver = true
      },
      terminate: () => {
        state.isOver = true
      },
    })
    const say = (text: string): void => {
      try {
        peer.receive(text)
      } catch (thrown) {
        defects.push(String(thrown))
        state.isOver = true
      }
    }
    say(`{"t":"hello","can":["seen","signals"],"session":{"instance":"${name}","generation":1},"rooms":[]}`)
    return { say, state, end: () => peer.closed() }
  }

  let begun = 0
  let done = 0
  let heardPings = 0
  const witness = open('witness', (text) => {
    done += (text.match(/\["m"/g) ?? []).length
    for (const [, n] of text.matchAll(/"t":"ping","n":(\d+)/g)) heardPings = Number(n)
  })
  witness.say('{"t":"join","ch":1,"room":"honest","want":["messages"]}')
  const bear = (): void => {
    if (heardPings > 0) witness.say(`{"t":"pong","n":${heardPings}}`)
    begun++
    witness.say(`["p",${begun},"honest","w",${begun},${begun - 1},"w-${begun}","event",${begun},0]`)
  }
  let links = 0
  let peer = open('0', () => undefined)
  for (let sent = 0; sent < frames; sent++) {
    if (sent % every === 0) {
      time.advanceBy(1_000)
      bear()
    }
    if (peer.state.isOver || random() < 0.001) {
      peer.end()
      peer = open(String(++links), (text) => {
        for (const [, code = ''] of text.matchAll(/"code":"([^"]+)"/g)) counted(codes, code)
      })
    }
    peer.say(mutant(clientFrames, random))
  }
  peer.end()
  time.advanceBy(1_000)
  return { frames, links, begun, done, defects, codes }
}
