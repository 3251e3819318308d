import type { SchedulerLike } from 'rxjs'
import { tokens } from '../kernel/tokens.js'
import { userChangeChecks } from '../server/checks.js'
import { memory as memoryNetwork } from '../transport/memory.js'
import { type Backend, backend as backendOf } from './backend.js'
import { broadcasts } from './broadcasts.js'
import { fakeServerChecks, mistakeIn } from './checks.js'
import { type Clients, clients as clientsOf } from './clients.js'
import { type Authorizer, authorizer as authorizerOf } from './authorizer.js'
import { fakeRoom } from './fake-room.js'
import type { FakeServer, FakeServerOptions } from './fake-server.js'
import { type Identities, identities as identitiesOf } from './identities.js'
import { members as membersOf } from './members.js'
import { moments, type Plan } from './moments.js'
import { promises as promisesOf } from './promises.js'
import { chanceOf, counted } from './random.js'
import { type Transcript, transcript as transcriptOf } from './transcript.js'
import { weather as weatherOf } from './weather.js'
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

/** The parts that a fake server gets from its run. */
export interface FakeParts {
  readonly transcript: Transcript
  readonly plan: Plan
}

/** Name of the client behind `server.transport`, which the test makes itself. */
const byHand = 'own client'

/** Plans an action for each mark of a marble diagram, from now on. */
const scriptOn =
  (scheduler: SchedulerLike, plan: Plan): FakeServer['script'] =>
  (marbles, acts) => {
    const start = scheduler.now()
    for (const { ms, mark } of moments(marbles)) {
      const does = acts[mark]
      if (!does) throw new Error(`script: '${mark}' in '${marbles}' is no mark of ${Object.keys(acts).join(', ')}`)
      plan(start + ms, () => void does())
    }
  }

interface Deciders {
  readonly act: (what: string, does: () => unknown) => void
  readonly backend: Pick<Backend, 'server'>
  readonly identities: Identities
  readonly authorizer: Authorizer
}

type Decisions = 'kick' | 'room' | 'token' | 'expireToken' | 'update' | 'revoke' | 'refuse' | 'admit'

/** The decisions of the server about users and rooms. */
const decisions = ({ act, backend, identities, authorizer }: Deciders): Pick<FakeServer, Decisions> => ({
  kick: (room, user) => act(`kicks ${user} from ${room}`, () => backend.server().kick(room, user)),
  room: (name) => fakeRoom(name, backend.server, act),
  token: (user) => identities.minter(user)(),
  expireToken: (user) =>
    act(`expires tokens of ${user}`, () => {
      identities.spoil(user)
      void backend.server().expire(user)
    }),
  update: (user, change) =>
    act(`updates ${user}`, () => {
      const mistake = mistakeIn(change, userChangeChecks)
      if (mistake) throw mistake
      identities.revise(user, change)
      void backend.server().sessions.update(user, change)
    }),
  revoke: (user) =>
    act(`revokes the sessions of ${user}`, () => {
      identities.spoil(user)
      void backend.server().sessions.revoke(user)
    }),
  refuse: (room, because) => act(`refuses ${room}`, () => authorizer.refuse(room, because)),
  admit: (room) => act(`admits to ${room}`, () => authorizer.admit(room)),
})

export const fakeWith = (scheduler: SchedulerLike, options: FakeServerOptions, parts: FakeParts): Fake => {
  const mistake = mistakeIn(options, fakeServerChecks)
  if (mistake) throw mistake
  const { users, rooms = {}, latencyMs = 1, bytesPerSecond = Infinity, seed, ...given } = options
  const random = chanceOf(seed)
  const ids = counted('id')
  const promises = promisesOf(scheduler)
  const { authenticate, authorize } = given
  const identities = identitiesOf(users, authenticate && promises.watched('authenticate', authenticate))
  const authorizer = authorizerOf(authorize && promises.watched('authorize', authorize))
  const { transcript, plan } = parts
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
  let made = 0
  let isStopped = false

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
  const members = membersOf({
    scheduler,
    seed,
    transcript,
    wiretap,
    clients,
    accept: backend.accept,
    plan,
    joined: (aside) => {
      aside.refuse(isStopped)
      networks.push(aside)
    },
  })
  const weather = weatherOf({ network, scheduler, backend, seed, act })

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
      const token = as === undefined ? more.token : tokens(identities.minter(as))
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
    member: members.of,
    publish: (room, event, data, more) => backend.server().publish(room, event, data, more),
    to: (target) => backend.server().to(target),
    broadcasts$: (to) => broadcasts(backend.engine, to),

    ...weather.controls,
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
    ...decisions({ act, backend, identities, authorizer }),
    newEpoch: (room) => act(`loses the log of ${room}`, () => backend.logs().forget(room)),
    truncate: (room, keep) => act(`truncates ${room}`, () => backend.logs().truncate(room, keep)),

    script: scriptOn(scheduler, plan),
    transcript: transcript.show,
    leaks: clients.leaks,
    close: () => {
      weather.calm()
      clients.close()
      end()
    },
  }
  const end = (): void => {
    backend.close()
    cutAll()
  }
  return { server, clients, calm: weather.calm, ownSockets: () => wiretap.sockets(byHand), end }
}
