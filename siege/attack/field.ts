import { nextTurn, sleep } from '../run/wait.js'
import { dial, type Peer, type Way } from './peer.js'
import { hello } from './wire.js'

/** The surroundings of an attack. */
export interface Field {
  readonly port: number
  readonly isOver: () => boolean
  readonly count: (what: string, by?: number) => void
  /** Opens a link; nothing where it was refused. */
  readonly dial: (way?: Way) => Promise<Peer | undefined>
  /** Opens a link and says hello; nothing where either was refused. */
  readonly enter: (user?: string, way?: Way) => Promise<Peer | undefined>
  readonly sleep: (ms: number) => Promise<void>
  /** Keeps so many programs running, each begun again when it ends, until the time is over. */
  readonly repeat: (times: number, program: (number: number) => Promise<void>) => Promise<void>
  /** Sends messages as fast as the network takes them, until the link ends or the time is over. */
  readonly pour: (peer: Peer, next: () => string) => Promise<void>
  /** Waits for something, until the link ends or the time is over. */
  readonly until: (peer: Peer, condition: () => boolean) => Promise<void>
}

/** Bytes that may wait in this process. */
const mostUnsent = 4 * 2 ** 20
const patienceMs = 5_000

export const field = (port: number, ms: number, count: Field['count']): Field => {
  const endsAt = performance.now() + ms
  const isOver = (): boolean => performance.now() >= endsAt
  const open: Field['dial'] = async (way) => {
    const peer = await dial(port, way)
    count(peer ? 'links' : 'links refused')
    return peer
  }
  const until: Field['until'] = async (peer, condition) => {
    while (!condition() && peer.isOpen() && !isOver()) await sleep(2)
  }
  return {
    port,
    isOver,
    count,
    dial: open,
    sleep,
    enter: async (user = 'attacker', way = {}) => {
      const peer = await open(way)
      if (!peer) return undefined
      let answer = ''
      peer.hear((text) => {
        answer ||= text
      })
      peer.say(hello(user))
      const deadline = performance.now() + patienceMs
      await until(peer, () => answer !== '' || performance.now() > deadline)
      if (answer.includes('"welcome"')) {
        count('welcomes')
        return peer
      }
      count('hellos refused')
      peer.end()
      return undefined
    },
    repeat: async (times, program) => {
      const one = async (number: number): Promise<void> => {
        while (!isOver()) {
          const startedAt = performance.now()
          await program(number)
          // A refused link is tried again, but not in a loop that leaves no time for the others.
          if (performance.now() - startedAt < 1) await sleep(5)
        }
      }
      await Promise.all(Array.from({ length: times }, (_, number) => one(number)))
    },
    pour: async (peer, next) => {
      while (!isOver() && peer.isOpen()) {
        for (let burst = 0; burst < 16 && peer.unsent() < mostUnsent && peer.isOpen(); burst++) peer.say(next())
        if (peer.unsent() >= mostUnsent) await sleep(2)
        else await nextTurn()
      }
    },
    until,
  }
}
