import fc from 'fast-check'
import { interval } from 'rxjs'
import * as E from '#fp/Either'
import type { ConnectionState } from '../../lib/connection/model.js'
import type { Result } from '../../lib/core/result.js'
import { endpoints } from '../../lib/features/endpoints/index.js'
import { presence, type Roster } from '../../lib/features/presence/index.js'
import type { Receipt } from '../../lib/outbox/message.js'
import type { Message } from '../../lib/rooms/message.js'
import { seeded } from '../../lib/testing/random.js'
import { unreliable } from '../../lib/testing/unreliable.js'
import { Numbers } from './chat.js'
import { fleet } from './fleet.js'
import { see, type Seen } from './seen.js'

/** One act of a script. Nodes count from the present one of the client that moves: 0 is that one. */
export type Act =
  | { readonly _tag: 'send' | 'post'; readonly by: 'ana' | 'ben'; readonly room: number }
  /** A server publishes. */
  | { readonly _tag: 'publish' }
  | { readonly _tag: 'toggle' }
  /** The present server asks to move, to that node or to any; `again`: another server is started behind its address. */
  | { readonly _tag: 'drain'; readonly to: number | 'any' | 'same'; readonly drainMs: number; readonly again: boolean }
  | { readonly _tag: 'wait'; readonly ms: number }
  | { readonly _tag: Fault; readonly node: number; readonly ms: number }

/** Done to the links of the client that moves: at once, or for a while. `stop` kills the node. */
export type Fault = 'cut' | 'refuse' | 'hang' | 'deafen' | 'freeze' | 'stop' | 'slow'

const nodes = 3
const node = fc.nat(nodes - 1)
const by = fc.constantFrom('ana' as const, 'ben' as const)
const exactly = <T extends string>(tag: T) => fc.constant(tag)
const weighted = (weight: number, arbitrary: fc.Arbitrary<Act>) => ({ weight, arbitrary })

const acts = (drainMs: fc.Arbitrary<number>) => [
  weighted(6, fc.record({ _tag: fc.constantFrom('send' as const, 'post' as const), by, room: fc.nat(1) })),
  weighted(3, fc.record({ _tag: exactly('publish') })),
  weighted(2, fc.record({ _tag: exactly('toggle') })),
  weighted(3, fc.record({
    _tag: exactly('drain'), to: fc.constantFrom('any' as const, 'any' as const, 'same' as const, 1, 2), drainMs, again: fc.boolean(),
  })),
  // The phases of a move, and the rests of endpoints.
  weighted(6, fc.record({ _tag: exactly('wait'), ms: fc.integer({ min: 0, max: 200 }) })),
  weighted(3, fc.record({ _tag: exactly('wait'), ms: fc.integer({ min: 200, max: 5_000 }) })),
] // prettier-ignore

const fault = (node: fc.Arbitrary<number>, ...tags: readonly Fault[]): fc.Arbitrary<Act> =>
  fc.record({ _tag: fc.constantFrom(...tags), node, ms: fc.integer({ min: 1, max: 3_000 }) })

/** Scripts in which only other servers than the present one are out of reach. */
export const pure: fc.Arbitrary<readonly Act[]> = fc.array(
  fc.oneof(...acts(fc.constant(600_000)), weighted(3, fault(fc.integer({ min: 1, max: 2 }), 'refuse', 'hang', 'slow'))),
  { maxLength: 40, size: 'max' },
)
/** Scripts with all faults, in all phases. */
export const stormy: fc.Arbitrary<readonly Act[]> = fc.array(
  fc.oneof(
    ...acts(fc.constantFrom(1_000, 4_000, 600_000)),
    weighted(6, fault(node, 'cut', 'refuse', 'hang', 'deafen', 'freeze', 'slow')),
    weighted(1, fault(node, 'stop')),
  ),
  { maxLength: 50, size: 'max' },
)

/** One subscription, and the messages that it has to have got at the end. */
interface Heard {
  readonly room: string
  readonly seen: Seen<Result<Message<number>>>
}

/** The outcome of a script. */
export interface Outcome {
  readonly states: readonly ConnectionState[]
  readonly memberships: readonly string[]
  /** The positions and numbers of each subscription of the client that moves, in its order. */
  readonly heard: readonly Heard[]
  /** The log of each room by another client that was never disturbed. */
  readonly logs: ReadonlyMap<string, readonly number[]>
  readonly receipts: readonly Seen<Result<Receipt>>[]
  /** The numbers that were sent, in the order of each sender and room. */
  readonly sent: ReadonlyMap<string, readonly number[]>
  readonly rosters: readonly Result<Roster>[]
  readonly left: number
}

const rooms = ['lobby', 'attic'] as const

/** The surroundings of a script. */
export interface Ground {
  readonly seed: number
  /** The latency of each server. */
  readonly latencyMs: readonly number[]
  /** The longest delay of each answer of the engine. */
  readonly delayMs: number
  /** Both clients send and the server publishes once in so long, besides the script. */
  readonly everyMs: number
}

export const ground: fc.Arbitrary<Ground> = fc.record({
  seed: fc.nat(),
  latencyMs: fc.array(fc.constantFrom(1, 20, 80), { minLength: nodes, maxLength: nodes }),
  delayMs: fc.constantFrom(0, 0, 30),
  everyMs: fc.constantFrom(7, 60, 10_000),
})

/** Plays a script on three servers of one engine, with a client that moves, one that speaks, and one that watches. */
export const moves = (script: readonly Act[], { seed, latencyMs, delayMs, everyMs }: Ground): Outcome => {
  const random = seeded(seed)
  const { client, node: nodeAt, urls, time, end } = fleet(nodes + 1, {
    seed,
    presence: { quietMs: 500, graceMs: 60_000, leaseMs: 30_000 },
    between: (engine, scheduler) => unreliable(engine, { scheduler, random, delayMs }),
  }) // prettier-ignore
  for (const [at, ms] of latencyMs.entries()) nodeAt(at).network.latency(ms)
  const options = {
    backoff: { floorMs: 20, firstMs: 100, capMs: 500 },
    deadlines: { connectMs: 1_000, handshakeMs: 1_500 },
    settleMs: 200,
    lingerMs: 0,
  }
  const [watched = '', ...others] = [...urls].reverse()
  // The last is another address of the first server: there the new link supersedes the old one.
  const list = endpoints([...[...others].reverse(), `${urls[0]}?again`], {
    spreadMs: 50,
    restMs: 400,
    restCapMs: 2_000,
    returnMs: 300,
  })
  const ana = client({ ...options, url: list, host: 'ana' })
  const ben = client({ ...options, url: endpoints(others, { returnMs: 0 }) })
  // Nothing happens to the server of the one who watches.
  const eve = client({ ...options, url: watched })
  const states = see(ana.state$)
  const heard: Heard[] = []
  const logs = new Map<string, Seen<Result<Message<number>>>>()
  const sent = new Map<string, number[]>()
  const receipts: Seen<Result<Receipt>>[] = []
  let number = 0

  const hear = (room: string): Heard => {
    const one = { room, seen: see(ana.room(room, Numbers).on('message')) }
    heard.push(one)
    return one
  }
  for (const room of rooms) {
    logs.set(room, see(eve.room(room, Numbers).on('message')))
    see(ben.room(room, Numbers).join())
  }
  const rosters = see(eve.room('lobby', Numbers).with(presence).members$)
  time.advanceBy(2_000)
  see(ana.room('lobby', Numbers).with(presence).members$)
  hear('lobby')
  let attic: Heard | undefined = hear('attic')
  time.advanceBy(2_000)
  const from = { states: states.all.length, rosters: rosters.all.length }

  const present = (): number => (states.last().endpoint?.at ?? 0) % nodes
  const at = (n: number) => nodeAt((present() + n) % nodes)
  const note = (who: string, room: string): number => {
    const key = `${who} ${room}`
    sent.set(key, [...(sent.get(key) ?? []), ++number])
    return number
  }
  const ends = new Set<() => void>()
  const lasts = (ms: number, begin: () => void, over: () => void): void => {
    const once = (): void => {
      if (ends.delete(once)) over()
    }
    begin()
    ends.add(once)
    time.schedule(once, ms)
  }
  const say = (by: 'send' | 'post', name: 'ana' | 'ben', room: string): void => {
    const handle = (name === 'ana' ? ana : ben).room(room, Numbers)
    const value = note(name, room)
    if (by === 'send') receipts.push(see(handle.send('message', value)))
    else see(handle.post('message', value))
  }
  const publish = (): void => {
    nodeAt(nodes).server().publish('lobby', 'message', ++number).subscribe()
  }
  const act = (each: Act): void => {
    switch (each._tag) {
      case 'send':
      case 'post':
        say(each._tag, each.by, rooms[each.room] ?? 'lobby')
        break
      case 'publish':
        publish()
        break
      case 'toggle':
        if (attic) {
          attic.seen.stop()
          attic = undefined
        } else attic = hear('attic')
        break
      case 'drain': {
        const here = at(0)
        const server = here.server()
        if (each.again) here.start()
        const to = { any: '*', same: `${urls[0]}?again` }
        server.drain({
          to: typeof each.to === 'string' ? to[each.to] : at(each.to).url,
          spreadMs: 50,
          drainMs: each.drainMs,
        })
        if (!each.again)
          lasts(
            5_000,
            () => undefined,
            () => {
              here.start()
            },
          )
        break
      }
      case 'wait':
        time.advanceBy(each.ms)
        break
      default:
        fail(each)
    }
  }
  const fail = ({ _tag, node: n, ms }: Extract<Act, { readonly _tag: Fault }>): void => {
    const to = at(n)
    const links = to.network.host('ana')
    switch (_tag) {
      case 'cut':
        links.cut()
        break
      case 'refuse':
      case 'hang':
        lasts(ms, () => { links[_tag](true) }, () => { links[_tag](false) }) // prettier-ignore
        break
      case 'deafen':
        // TCP does not go on after a loss.
        lasts(ms, () => { links.blackhole(true, 'down') }, () => { links.blackhole(false, 'down'); links.cut() }) // prettier-ignore
        break
      case 'freeze':
        lasts(ms, () => { links.freeze() }, () => { links.thaw() }) // prettier-ignore
        break
      case 'slow':
        lasts(ms, () => { links.latency(150) }, () => { links.latency() }) // prettier-ignore
        break
      case 'stop':
        lasts(ms, to.stop, to.start)
    }
  }
  const traffic = interval(everyMs, time).subscribe((n) => {
    say('send', 'ana', 'lobby')
    say('post', 'ben', rooms[n % 2] ?? 'lobby')
    publish()
  })
  script.forEach(act)
  traffic.unsubscribe()
  for (const over of [...ends]) over()
  time.advanceBy(30_000)
  const outcome: Omit<Outcome, 'left'> = {
    states: states.all.slice(from.states - 1),
    memberships: rooms.map((room) => see(ana.room(room, Numbers).membership$).last()._tag),
    heard,
    logs: new Map([...logs].map(([room, { all: results }]) => [room, numbersOf(results)])),
    receipts,
    sent,
    rosters: rosters.all.slice(from.rosters),
  }
  return { ...outcome, left: end() }
}

/** The numbers as they came; a `Left` is its code. */
export const numbersOf = (all: readonly Result<Message<number>>[]): readonly number[] =>
  all.map((result) => (E.isRight(result) ? result.right.data : Number.NaN))
