import { NEVER, type SchedulerLike } from 'rxjs'
import { memory as memoryNetwork, type MemoryNetwork } from '../transport/memory.js'
import { backend as backendOf } from './backend.js'
import { fakeServerChecks, mistakeIn } from './checks.js'
import { type Clients, clients as clientsOf } from './clients.js'
import { authorizer as authorizerOf } from './authorizer.js'
import type { FakeServer, FakeServerOptions } from './fake-server.js'
import { identities as identitiesOf, type Pass } from './identities.js'
import { member as memberOf, type Member } from './member.js'
import { moments } from './moments.js'
import { promises as promisesOf } from './promises.js'
import { seeded } from './random.js'
import { type Storm, storm } from './fault-schedule.js'
import { type Transcript, transcript as transcriptOf } from './transcript.js'
import { wiretap as wiretapOf } from './wiretap.js'

/**
 * Makes a fake server on a scheduler of virtual time: `virtualTime()`, or rxjs' `TestScheduler` or `VirtualTimeScheduler`.
 * Throws if an option is invalid.
 *
 * It is the room server itself, so its behaviour cannot differ from that of the real one. If a function of the test returns
 * a promise, `flush`, `run` or `advance…` throws an error: in virtual time no promise settles.
 */
export const fakeServer = (scheduler: SchedulerLike, options: FakeServerOptions = {}): FakeServer =>
  fakeWith(scheduler, options, {
    transcript: transcriptOf(scheduler),
    plan: (ms, act) => {
      scheduler.schedule(act, ms - scheduler.now())
    },
  }).server

/** A fake server with its parts, for the run that it is part of. */
export interface Fake {
  readonly server: FakeServer
  readonly clients: Clients
  /** Returns the number of sockets that the test itself must close. */
  readonly ownSockets: () => number
  /** Ends every storm. */
  readonly calm: () => void
  /** Closes every connection and the server. */
  readonly end: () => void
}

/** Schedules an action of the test. */
export type Plan = (ms: number, act: () => void) => void

/** The parts that a fake server gets from its run. */
export interface FakeParts {
  readonly transcript: Transcript
  readonly plan: Plan
}

/** Name of the client behind `server.transport`, which the test makes itself. */
const byHand = 'own client'

/** Retry delays of members: 1 ms at first, then doubled up to 1 s while the server stays away. */
const memberBackoff = { floorMs: 1, firstMs: 1, factor: 2, capMs: 1_000 }

export const fakeWith = (scheduler: SchedulerLike, options: FakeServerOptions, parts: FakeParts): Fake => {
  const mistake = mistakeIn(options, fakeServerChecks)
  if (mistake) throw mistake
  const { users, rooms = {}, latencyMs = 1, bytesPerSecond = Infinity, seed, ...given } = options
  const random = seed === undefined ? even : seeded(seed)
  const memberRandom = seed === undefined ? even : seeded(seed + 1)
  const ids = counted('id')
  const memberIds = counted('member')
  const promises = promisesOf(scheduler)
  const { authenticate, authorize } = given
  const identities = identitiesOf(users, authenticate && promises.watched('authenticate', authenticate))
  const authorizer = authorizerOf(authorize && promises.watched('authorize', authorize))
  const { transcript } = parts
  const { note } = transcript
  const wiretap = wiretapOf(scheduler, transcript)
  const clients = clientsOf({ scheduler, promises, transcript, wiretap })
  const fault = ({ where, message }: { readonly where: string; readonly message: string }): void => {
    note('server', where, message)
  }
  const backend = backendOf(
    { scheduler, random, ids, fault },
    { ...given, authenticate: identities.authenticate, authorize: authorizer.authorize },
  )
  const network = memoryNetwork({ accept: wiretap.accept(backend.accept), scheduler, latencyMs, bytesPerSecond })
  const networks = [network]
  const members = new Map<string, Member>()
  const storms = new Set<Storm>()
  let made = 0
  let isStopped = false

  const { plan } = parts
  const act = (what: string, does: () => unknown): void => {
    note('server', '', what)
    does()
  }
  const refuseAll = (on: boolean): void => {
    for (const each of networks) each.refuse(on)
  }
  const cutAll = (): void => {
    for (const each of networks) each.cut()
  }
  const newMember = (user: string): Member => {
    const pass: Pass = { member: user }
    const accept = wiretap.accept((socket) => backend.accept({ ...socket, request: pass }), user)
    const aside: MemoryNetwork = memoryNetwork({ accept, scheduler })
    aside.refuse(isStopped)
    networks.push(aside)
    const client = clients.makeAside(user, {
      url: 'ws://fake',
      random: memberRandom,
      ids: memberIds,
      backoff: memberBackoff,
      hints$: NEVER,
      transport: aside.transport,
    })
    const gone = (): void => {
      if (members.get(user) === member) members.delete(user)
    }
    const member = memberOf({ user, client, transcript, plan, gone })
    members.set(user, member)
    return member
  }

  for (const [room, messages] of Object.entries(rooms)) {
    for (const { event, data, from } of messages) {
      void backend.server().publish(room, event, data, from === undefined ? {} : { from })
    }
  }

  const server: FakeServer = {
    network,
    transport: wiretap.transport(byHand, network.transport, true),
    frames$: wiretap.frames$,
    server: backend.server,
    engine: backend.engine,
    client: ({ as, host = `client-${++made}`, ...more } = {}) => {
      const token = as === undefined ? more.token : identities.minter(as)
      const transport = more.transport ?? network.host(host).transport
      return clients.make(host, {
        url: 'ws://fake',
        random,
        ids,
        ...more,
        ...(token === undefined ? {} : { token }),
        transport,
      })
    },
    member: (user) => members.get(user) ?? newMember(user),
    publish: (room, event, data, more) => backend.server().publish(room, event, data, more),

    drop: (code) => act(code === undefined ? 'drops' : `drops ${code}`, () => network.cut(code)),
    freeze: () => act('freezes', () => network.freeze()),
    thaw: () => act('thaws', () => network.thaw()),
    throttle: (bytesPerSecond) =>
      act(`throttles to ${bytesPerSecond} bytes per second`, () => network.bandwidth(bytesPerSecond)),
    storm: (more) => {
      const begun = storm({ network, scheduler, strain: backend.strain }, { seed: seed ?? 1, ...more })
      storms.add(begun)
      return begun
    },
    delay: (ms) => act(typeof ms === 'number' ? `delays ${ms}` : 'delays', () => network.latency(ms)),

    stop: () =>
      act('stops', () => {
        isStopped = true
        refuseAll(true)
        backend.restart('same', cutAll)
      }),
    restart: ({ engine = 'same' } = {}) =>
      act(engine === 'new' ? 'restarts with nothing' : 'restarts', () => {
        if (isStopped) refuseAll(false)
        isStopped = false
        backend.restart(engine, cutAll)
      }),
    drain: (more) => act('drains', () => backend.server().drain(more)),
    kick: (room, user) => act(`kicks ${user} from ${room}`, () => backend.server().kick(room, user)),

    token: (user) => identities.minter(user)(),
    expireToken: (user) =>
      act(`expires tokens of ${user}`, () => {
        identities.spoil(user)
        void backend.server().expire(user)
      }),
    refuse: (room, because) => act(`refuses ${room}`, () => authorizer.refuse(room, because)),
    admit: (room) => act(`admits to ${room}`, () => authorizer.admit(room)),
    newEpoch: (room) => act(`loses the log of ${room}`, () => backend.logs().forget(room)),
    truncate: (room, keep) => act(`truncates ${room}`, () => backend.logs().truncate(room, keep)),

    script: (marbles, acts) => {
      const start = scheduler.now()
      for (const { ms, mark } of moments(marbles)) {
        const does = acts[mark]
        if (!does) throw new Error(`script: '${mark}' in '${marbles}' is no mark of ${Object.keys(acts).join(', ')}`)
        plan(start + ms, () => void does())
      }
    },
    transcript: transcript.show,
    leaks: clients.leaks,
    close: () => {
      calm()
      clients.close()
      end()
    },
  }
  const calm = (): void => {
    for (const { stop } of storms) stop()
  }
  const end = (): void => {
    backend.close()
    cutAll()
  }
  return { server, clients, calm, ownSockets: () => wiretap.sockets(byHand), end }
}

/** No randomness: every random value is 0.5, so that retry delays can be computed. */
const even = (): number => 0.5

const counted = (prefix: string): (() => string) => {
  let count = 0
  return () => `${prefix}-${++count}`
}
