import { join } from 'node:path'
import { monotonic } from '../../lib/core/platform.js'
import { createClient, webSocket, tokens } from '../../lib/index.js'
import { fileStore } from '../../lib/node/store/store.js'
import { seeded } from '../../lib/testing/random.js'
import { now } from '../campaign/clock.js'
import { quick, renewal } from '../campaign/settings.js'
import type { ClientPlan, Dates, FromClients, Status, ToClients } from '../campaign/talk.js'
import { appendTo } from '../history/file.js'
import { type Actor, actor as actorOf, type Make } from './actor.js'
import { type Consumer, consumer as consumerOf } from './consumer.js'
import type { Living } from './recorder.js'

const say = (message: FromClients): void => {
  process.send?.(message)
}

/** How many unsettled messages a client goes on with. More than an outbox takes: some are refused. */
const mostOpen = 1_100
/** How often a client changes a state or a shared value, stands, withdraws, enters or leaves, on average. */
const meetEveryMs = 300
/** So many of the meetings are calls. */
const tradeShare = 0.4
/** The share of events among what a client sends. */
const tellShare = 0.1
/** How long tokens live. */
const tokenMs = { least: 2_000, most: 15_000 }

interface Clock {
  jumpMs: number
  /** How far its calendar is set from that of the machine. */
  datedMs: number
  noTokenUntil: number
}
interface Inhabitant {
  readonly plan: ClientPlan
  readonly living: Living
  readonly clock: Clock
}

const inhabitants = new Map<string, Inhabitant>()
/** Those of them that send at random. */
const actors = new Map<string, Actor>()
const consumers: Consumer[] = []
/** How long a consumer that is terminated may drain. */
const drainMs = 1_500
let isPublishing = true
let random: () => number = Math.random

const later = (task: () => void, ms: number): void => {
  setTimeout(task, ms)
}

const begin = (plan: ClientPlan, folder: string, number: number, dates: Dates): void => {
  const {
    name,
    port,
    reads,
    meets = [],
    leads = [],
    sits = [],
    makes,
    hears = false,
    trades,
    isStored,
    consumes,
  } = plan
  const life = `${name}.${number}`
  const clock: Clock = { jumpMs: 0, datedMs: dates[name] ?? 0, noTokenUntil: 0 }
  const source = (): { readonly value: string; readonly expiresInMs: number } => {
    if (now() < clock.noTokenUntil) throw new Error('nobody signs tokens now')
    const expiresInMs = Math.floor(tokenMs.least + random() * (tokenMs.most - tokenMs.least))
    return { value: `${name} ${Math.floor(now() + expiresInMs)}`, expiresInMs }
  }
  const make: Make = (options, wrap) =>
    createClient({
      ...quick,
      ...options,
      url: `ws://127.0.0.1:${port}`,
      transport: wrap(webSocket()),
      token: tokens(source, renewal),
      scheduler: { now: () => monotonic.now() + clock.jumpMs, schedule: monotonic.schedule },
      wall: () => Date.now() + clock.datedMs,
      ...(isStored
        ? {
            store: fileStore({ directory: join(folder, 'stores', name) }),
            identity: name,
            // A busy machine takes long to start a process.
            storing: { positionMs: 200, openMs: 30_000 },
          }
        : {}),
    })
  const needs = { life, write: appendTo(join(folder, `${life}.jsonl`), life), now, reads, make }
  if (consumes) {
    const consumer = consumerOf({ ...needs, kind: consumes, random })
    consumers.push(consumer)
    inhabitants.set(name, { plan, living: consumer, clock })
    return
  }
  const actor = actorOf({
    ...needs,
    isStored,
    meets,
    leads,
    sits,
    makes,
    hears: hears ? name : undefined,
    trades: trades === undefined ? undefined : { room: trades, scheduler: undefined },
    later,
  })
  actors.set(name, actor)
  inhabitants.set(name, { plan, living: actor, clock })
  publish(plan, actor)
  if (meets.length > 0) meet(actor)
}

/** Changes states and shared values at random times. */
const meet = (actor: Actor): void => {
  const next = (): void => {
    later(
      () => {
        if (isPublishing) actor[random() < tradeShare ? 'trade' : 'meet'](random)
        next()
      },
      Math.min(5_000, -Math.log(1 - random()) * meetEveryMs),
    )
  }
  next()
}

/** Bursts at random times, small and large messages, both ways to send. */
const publish = ({ writes, tells = [], rate, isStored }: ClientPlan, actor: Actor): void => {
  const next = (): void => {
    const burst = random() < 0.1 ? Math.ceil(random() * 60) : Math.ceil(random() * 8)
    setTimeout(
      () => {
        for (let count = 0; isPublishing && count < burst && actor.open() < mostOpen; count++) {
          const room = writes[Math.floor(random() * writes.length)]
          if (tells.length > 0 && !isStored && random() < tellShare) {
            const user = tells[Math.floor(random() * tells.length)] ?? ''
            actor.tell(random() < 0.3 ? 'all' : { user })
            continue
          }
          const size = random() < 0.04 ? 4_000 : Math.floor(random() * 100)
          if (room !== undefined) actor.say(room, size, { owned: !isStored && random() < 0.5 })
        }
        next()
      },
      Math.min(5_000, (-Math.log(1 - random()) * burst * 1_000) / rate),
    )
  }
  if (writes.length > 0) next()
}

/** As many at a time as its outbox takes. */
const flood = (actor: Actor, room: string, count: number): void => {
  let left = count
  const more = (): void => {
    for (; left > 0 && actor.open() < 900; left--) actor.say(room, 0, { owned: false })
    if (left > 0 && isPublishing) setTimeout(more, 50)
  }
  more()
}

const statusOf = ({ plan: { name }, living }: Inhabitant): Status => ({
  name,
  isOnline: living.isOnline(),
  oldestAt: living.oldestAt() ?? null,
  ...living.counts(),
  positions: living.positions(),
})

const end = async (): Promise<void> => {
  isPublishing = false
  await Promise.all([...inhabitants.values()].map(({ living }) => living.end()))
  say({ _tag: 'ended' })
  process.disconnect()
  // Sockets and stores have that long to be closed in order.
  setTimeout(() => process.exit(0), 500)
}

process.on('message', (message: ToClients) => {
  const inhabitant = 'name' in message ? inhabitants.get(message.name) : undefined
  switch (message._tag) {
    case 'start':
      random = seeded(message.seed)
      for (const plan of message.clients) begin(plan, message.folder, message.life, message.dates)
      say({ _tag: 'ready' })
      break
    case 'jump':
      if (inhabitant) inhabitant.clock.jumpMs += message.ms
      break
    case 'date':
      if (inhabitant) inhabitant.clock.datedMs = message.ms
      break
    case 'no-token':
      if (inhabitant) inhabitant.clock.noTokenUntil = now() + message.ms
      break
    case 'poison':
      actors.get(message.name)?.say(inhabitant?.plan.writes[0] ?? '', 20, { owned: false, poison: true })
      break
    case 'flood': {
      const actor = actors.get(message.name)
      if (actor) flood(actor, message.room, message.count)
      break
    }
    case 'measure':
      actors.get(message.name)?.order(message.measure)
      break
    case 'publish':
      isPublishing = message.on
      break
    case 'settle':
      for (const actor of actors.values()) actor.settle()
      break
    case 'rest':
      for (const actor of actors.values()) actor.rest()
      say({ _tag: 'rested' })
      break
    case 'ask':
      if (message.what === 'heap') {
        globalThis.gc?.()
        say({ _tag: 'heap', bytes: process.memoryUsage().heapUsed })
      } else say({ _tag: 'status', clients: [...inhabitants.values()].map(statusOf) })
      break
    case 'terminate':
      // A signal of its own process: one from outside does not pass the parent of a process namespace.
      process.kill(process.pid, 'SIGTERM')
      break
    case 'end':
      void end()
  }
})
process.on('SIGTERM', () => {
  void Promise.all(consumers.map(({ close }) => close(drainMs))).then(() => process.exit(0))
})
process.on('disconnect', () => {
  process.exit(0)
})
