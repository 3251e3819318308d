import { of, Subject } from 'rxjs'
import { type Permission, RETRY, SAME } from '../../lib/protocol/frame.js'
import type { Engine } from '../../lib/server/engine.js'
import { seeded } from '../../lib/testing/random.js'
import { unreliable } from '../../lib/testing/unreliable.js'
import type { VirtualTime } from '../../lib/testing/virtual.js'
import { now, pageOf } from './support/engine.js'
import { hello, pub, rawPeer, type RawPeer } from './support/peer.js'
import { world, type World } from './support/world.js'

type Fate = 'waiting' | 'accepted' | 'unknown'

/** A sender that keeps to the protocol: what is refused for now it writes again, what was not answered with the flag. */
class Sender {
  readonly fates: Fate[] = []
  readonly #here: World
  readonly #producer: string
  readonly #mayBeExecuted = new Set<number>()
  #generation = 0
  #peer: RawPeer | undefined
  #written = new Map<number, number>()
  #told = 0
  #ref = 0

  constructor(here: World, producer: string) {
    this.#here = here
    this.#producer = producer
  }

  reconnect(): void {
    this.#peer?.drop()
    this.#peer = rawPeer(this.#here.server)
    this.#told = 0
    for (const seq of this.#written.values()) this.#mayBeExecuted.add(seq)
    this.#written = new Map()
    this.#peer.send(hello({ session: { instance: this.#producer, generation: ++this.#generation } }))
  }

  enqueue(): void {
    this.fates.push('waiting')
  }

  /** Takes what was answered, then writes up to so many entries that wait. */
  turn(window: number): void {
    const peer = this.#peer
    if (!peer || peer.all('welcome').length === 0) return
    const news = peer.frames().slice(this.#told)
    this.#told = peer.frames().length
    for (const frame of news) {
      if (!('t' in frame) && frame[0] === 'a') {
        const triples = frame.slice(3).filter((element) => typeof element === 'number')
        for (let at = 0; at < triples.length; at += 3) this.#settle(triples[at], 'accepted')
      } else if ('t' in frame && frame.t === 'refused') {
        if (frame.kind === 'unknown') this.#settle(frame.ref, 'unknown')
        else this.#refuse(frame.ref, frame.code)
      }
    }
    if (this.#written.size > 0) return
    const waiting = this.fates.flatMap((fate, at) => (fate === 'waiting' ? [at + 1] : [])).slice(0, window)
    const frames = waiting.map((seq, at) => {
      const ref = ++this.#ref
      this.#written.set(ref, seq)
      const flags = this.#mayBeExecuted.has(seq) ? RETRY : 0
      return pub(ref, 'r', seq, { producer: this.#producer, after: waiting[at - 1] ?? 0, flags })
    })
    if (frames.length > 0) peer.send(...frames)
  }

  #settle(ref: number | undefined, fate: Fate): void {
    const seq = this.#written.get(ref ?? -1)
    if (seq === undefined) return
    this.#written.delete(ref ?? -1)
    this.fates[seq - 1] = fate
  }

  #refuse(ref: number | undefined, code: string): void {
    const seq = this.#written.get(ref ?? -1)
    if (seq === undefined) return
    this.#written.delete(ref ?? -1)
    if (code === 'delivery/unavailable') this.#mayBeExecuted.add(seq)
  }
}

const engines: readonly [string, (engine: Engine, time: VirtualTime, random: () => number) => Engine][] = [
  ['memory', (engine) => engine],
  ['a late engine', (engine, scheduler, random) => unreliable(engine, { scheduler, random, delayMs: 50 })],
  [
    'one that is late, fails and loses answers',
    (engine, scheduler, random) => unreliable(engine, { scheduler, random, delayMs: 50, failEvery: 5, loseAnswers: 5 }),
  ],
]

describe.each(engines)('delivery over %s', (_, behind) => {
  it.each([1, 2, 3, 4, 5])(
    '[SV36][EN7] each entry is logged at most once and in the order of its lane, whatever links and answers are lost (seed %i)',
    (seed) => {
      const random = seeded(seed)
      const here = world((time) => ({ engine: (engine) => behind(engine, time, random) }))
      const senders = ['a', 'b', 'c'].map((producer) => new Sender(here, producer))
      for (let step = 0; step < 400; step++) {
        const sender = senders[Math.floor(random() * senders.length)]
        const draw = random()
        if (draw < 0.3 && step < 300) sender?.enqueue()
        else if (draw < 0.36) sender?.reconnect()
        else sender?.turn(1 + Math.floor(random() * 6))
        here.time.advanceBy(Math.floor(random() * 80))
      }
      for (let turn = 0; turn < 200; turn++) {
        for (const sender of senders) {
          if (turn % 20 === 0) sender.reconnect()
          sender.turn(8)
        }
        here.time.advanceBy(500)
      }
      const { messages } = pageOf(here.memory, 'r', { epoch: 'E1', offset: 0 }, { count: 10_000, bytes: 2 ** 30 })
      const logged = (producer: string): readonly number[] =>
        messages.flatMap(({ id }) => (id.startsWith(`${producer}.`) ? [Number(id.slice(2))] : []))

      senders.forEach((sender, at) => {
        const seqs = logged('abc'.charAt(at))
        expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b))
        expect(sender.fates).not.toContain('waiting')
        const accepted = sender.fates.flatMap((fate, index) => (fate === 'accepted' ? [index + 1] : []))
        expect(seqs.filter((seq) => accepted.includes(seq))).toEqual(accepted)
        expect(accepted.length).toBeGreaterThan(10)
      })
    },
  )

  it('[SV36][EN5] a repetition that waits while its lane is forgotten is refused, not executed again', () => {
    const answers = new Subject<readonly Permission[]>()
    let asked = 0
    const { client, time, memory } = world({ authorize: () => (asked++ === 0 ? of(['publish']) : answers) })
    const first = client()
    first.send(pub(1, 'r', 1))
    time.advanceBy(10)
    expect(first.all('a')).toHaveLength(1)
    first.drop()
    const second = client()
    second.send(pub(1, 'r', 1, { flags: RETRY | SAME }))
    time.advanceBy(10)
    memory.forget('r')
    answers.next(['publish'])
    time.advanceBy(10)
    expect(second.all('refused')).toMatchObject([{ ref: 1, code: 'delivery/unknown' }])
    expect(now(memory.head('r'))).toBeUndefined()
  })
})
