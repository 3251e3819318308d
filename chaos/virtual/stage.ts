import { identity, last, merge, Subscription } from 'rxjs'
import { createClient, tokens } from '../../lib/index.js'
import { endpoints } from '../../lib/features/endpoints/index.js'
import { INFO, ROOM } from '../../lib/protocol/room-info.js'
import type { Engine } from '../../lib/server/engine.js'
import { newRecord } from '../../lib/server/life/record.js'
import { memory, type MemoryEngine } from '../../lib/server/memory.js'
import type { Identity } from '../../lib/server/options.js'
import type { RoomServer } from '../../lib/server/server.js'
import { counted, seeded } from '../../lib/testing/random.js'
import { unreliable } from '../../lib/testing/unreliable.js'
import { type Actor, actor as actorOf } from '../client/actor.js'
import { eventRooms } from '../client/hearing.js'
import type { Broken, Calm, ClientRecord, Consequence, ServerRecord } from '../history/record.js'
import { keep } from '../history/write.js'
import { closings } from '../orders/closings.js'
import { type Measure, measures } from '../orders/measures.js'
import { mortal } from '../server/mortal.js'
import { trades } from '../server/trades.js'
import { permissions } from '../server/permissions.js'
import { renewals } from '../server/renewals.js'
import { watchTables } from '../server/tables.js'
import { witness } from '../server/witness.js'
import { type Cluster, cluster as clusterOf, type Links } from './cluster.js'
import { type Plan, presence } from './plan.js'

const quick = {
  backoff: { floorMs: 50, firstMs: 100, factor: 2, capMs: 1_000 },
  deadlines: { connectMs: 1_000, handshakeMs: 1_000, joinMs: 2_000 },
  settleMs: 500,
  lingerMs: 100,
  outbox: { ackMs: 1_000 },
} as const
const roaming = { spreadMs: 100, restMs: 300, restCapMs: 2_000, returnMs: 500 }
const renewal = { withinMs: 1_000, leewayMs: 200, spread: 0.1 }

/** Everybody watches its members; users are removed from it. */
export const hall = 'p0'
/** In it users are banned and muted. */
export const court = 'b0'
const council = 'l0'
/** The prefix of the rooms that clients create. */
export const created = 'n'
/** In it are calls. */
const market = 'k0'
/** It has a capacity. */
const bench = 's0'
const seats = 2
/** The client that may give orders. */
export const moderator = 0

/** Stands between the engine and the servers. */
export type Spoil = (engine: Engine) => Engine

/** All who take part in a run in virtual time, with their histories. */
export interface Stage {
  readonly cluster: Cluster
  readonly rooms: readonly string[]
  readonly everybody: readonly string[]
  readonly actor: (who: number) => Actor
  readonly links: (who: number) => Links
  /** The name of the present life of a client. */
  readonly host: (who: number) => string
  /** Begins the next life of a client. */
  readonly begin: (who: number) => void
  readonly jump: (who: number, ms: number) => void
  /** What a server orders. */
  readonly measure: (node: number, measure: Measure) => void
  readonly close: (node: number, room: string) => void
  /** Writes down what is broken. */
  readonly broken: (kind: string, ms: number, whom: readonly string[], entails?: readonly Consequence[]) => void
  /** From now on the engine does not fail. */
  readonly calm: () => void
  readonly plain: () => MemoryEngine
  readonly random: () => number
  readonly logged: readonly string[]
  readonly server: ServerRecord[]
  readonly director: (Broken | Calm)[]
  readonly lives: readonly { readonly name: string; readonly records: () => readonly ClientRecord[] }[]
}

/** The urls of all servers, from the home of a client on. */
const nodesFrom = (home: number, servers: number): readonly string[] =>
  Array.from({ length: servers }, (_, step) => `ws://${(home + step) % servers}`)

export const nameOf = (who: number): string => `c${who}`

/** The rooms of the events of all clients. */
const eventsOf = (clients: number): readonly string[] => [
  ...new Set(Array.from({ length: clients }, (_, who) => eventRooms(nameOf(who)).map(({ room }) => room)).flat()),
]

/** Sets up the servers and begins the first life of each client. `spoil` stands between the engine and the servers, and not between the engine and its history. */
export const stage = (plan: Plan, spoil: Spoil = identity): Stage => {
  const rooms = Array.from({ length: plan.rooms }, (_, at) => `r${at}`)
  const meets = [hall, court, ...rooms]
  const random = seeded(plan.seed)
  const server: ServerRecord[] = []
  const director: (Broken | Calm)[] = []
  const lives: { readonly name: string; readonly records: () => readonly ClientRecord[] }[] = []
  const write = keep(server)
  let calm = false
  let plain: MemoryEngine | undefined
  let watching = new Subscription()
  let engines = 0
  let starts = 0
  const desks = new Map<number, { readonly measure: (what: Measure) => void; readonly close: (room: string) => void }>()

  const expel = (room: string, user: string): ReturnType<RoomServer['kick']> =>
    merge(...Array.from({ length: plan.servers }, (_, node) => cluster.server(node).kick(room, user))).pipe(last())

  const cluster: Cluster = clusterOf({
    seed: plan.seed,
    servers: plan.servers,
    latencyMs: () => Math.floor(random() * (plan.latencyMs + 1)),
    server: {
      heartbeat: { intervalMs: 500, graceMs: 500 },
      presence,
      answerMs: 1_000,
      handshakeMs: 1_000,
      busy: { retryAfterMs: 100, spreadMs: 200 },
    },
    calls: (time) => trades(write, time.now, random, time),
    authorize: permissions({ moderators: [nameOf(moderator)], rooms: [hall, court] }),
    authenticate: (node, token) => {
      const who = whoIs(token, cluster.time.now())
      if (who) write(['greeted', cluster.time.now(), node, who.user])
      return who
    },
    engine: (time, ids) => {
      const number = ++engines
      const made = memory({
        scheduler: time,
        wall: () => time.now(),
        ids,
        epochs: counted(`epoch-${number}`),
        tableEpochs: counted(`table-${number}`),
        messages: plan.retained,
      })
      plain = made
      watching.unsubscribe()
      watching = watchTables(made, [...meets, council, bench], write, time.now)
      furnish(made)
      const trouble = { scheduler: time, ...plan.engine, random: () => (calm ? 0.999_999 : random()) }
      return unreliable(
        spoil(
          witness(
            mortal(made, () => plain === made),
            write,
            time.now,
          ),
        ),
        trouble,
      )
    },
    served: (node, engine, now) => renewals(engine, node, write, now),
    stopped: (node) => {
      write(['stopped', cluster.time.now(), node])
    },
    started: (node, { rooms: of }, now) => {
      const name = `server-${++starts}`
      write(['serving', now(), name, node])
      desks.set(node, {
        measure: measures({ get: of.get, expel }, name, write, now),
        close: closings(of.get, name, write, now),
      })
    },
  })
  const now = cluster.time.now
  write(['capacity', now(), bench, seats])

  const jumps: number[] = []
  const births: number[] = []
  const actors: Actor[] = []
  const host = (who: number): string => `${nameOf(who)}.${births[who] ?? 1}`
  const begin = (who: number): void => {
    births[who] = (births[who] ?? 0) + 1
    const life = host(who)
    const records: ClientRecord[] = []
    lives.push({ name: life, records: () => records })
    const transport = cluster.transport(life, nameOf(who))
    actors[who] = actorOf({
      life,
      write: keep(records),
      now,
      reads: rooms,
      meets,
      leads: [council],
      sits: [bench],
      makes: created,
      hears: nameOf(who),
      trades: { room: market, scheduler: cluster.time },
      later: (task, ms) => void cluster.time.schedule(task, ms),
      make: (options, wrap) =>
        createClient({
          ...quick,
          ...options,
          url: who % 2 === 1 ? endpoints(nodesFrom(who, plan.servers), roaming) : 'ws://virtual',
          transport: wrap(transport),
          random,
          scheduler: { now: () => now() + (jumps[who] ?? 0), schedule: cluster.time.schedule },
          token: tokens(() => ({ value: `c${who} ${now() + plan.tokenMs}`, expiresInMs: plan.tokenMs }), renewal),
        }),
    })
  }
  for (let who = 0; who < plan.clients; who++) begin(who)
  const actor = (who: number): Actor => actors[who] as Actor

  return {
    cluster,
    rooms,
    everybody: actors.map((_, who) => nameOf(who)),
    actor,
    links: (who) => cluster.links(host(who)),
    host,
    begin,
    jump: (who, ms) => {
      jumps[who] = (jumps[who] ?? 0) + ms
    },
    measure: (node, what) => desks.get(node % plan.servers)?.measure(what),
    close: (node, room) => desks.get(node % plan.servers)?.close(room),
    broken: (kind, ms, whom, entails = []) => {
      director.push(['broken', now(), now() + ms, kind, whom, entails])
    },
    calm: () => {
      calm = true
    },
    plain: () => plain as MemoryEngine,
    random,
    logged: [...rooms, court, council, ...eventsOf(plan.clients)],
    server,
    director,
    lives,
  }
}

/** Creates the room with a capacity. */
const furnish = ({ tables }: Engine): void => {
  const record = newRecord(bench, { capacity: seats }, { user: '@server', session: '' }, 0)
  tables?.write({ of: ROOM, room: bench }, [{ _tag: 'Put', key: INFO, value: JSON.stringify(record) }]).subscribe()
}

/** `user until`: good until that time. */
const whoIs = (token: string, now: number): Identity | null => {
  const [user = '', until = '0'] = token.split(' ')
  return Number(until) > now ? { user, expiresInMs: Number(until) - now } : null
}
