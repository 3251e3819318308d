import * as E from '#fp/Either'
import { defer, identity, NEVER, Subscription } from 'rxjs'
import { createClient, tokens } from '../../lib/index.js'
import { INFO, ROOM } from '../../lib/protocol/room-info.js'
import type { Engine } from '../../lib/server/engine.js'
import { newRecord } from '../../lib/server/life/record.js'
import type { MemoryEngine } from '../../lib/server/memory.js'
import type { Identity } from '../../lib/server/options.js'
import { seeded } from '../../lib/testing/random.js'
import { unreliable } from '../../lib/testing/unreliable.js'
import { world } from '../../lib/testing/world.js'
import { check, type Verdict } from '../checker/check.js'
import type { FinalLog } from '../checker/evidence.js'
import { type Actor, actor as actorOf } from '../client/actor.js'
import { closableRoom } from '../client/registry.js'
import type { ClientRecord, Consequence, DirectorRecord, ServerRecord } from '../history/record.js'
import { keep } from '../history/write.js'
import { closings } from '../server/closings.js'
import { measures } from '../server/measures.js'
import { watchTables } from '../server/tables.js'
import { witness } from '../server/witness.js'
import { heal, lasting } from './links.js'
import { type Act, type Plan, presence, settleMs, stormMs } from './plan.js'

const quick = {
  backoff: { floorMs: 50, firstMs: 100, factor: 2, capMs: 1_000 },
  deadlines: { connectMs: 1_000, handshakeMs: 1_000, joinMs: 2_000 },
  settleMs: 500,
  lingerMs: 100,
  outbox: { ackMs: 1_000 },
} as const
const hall = 'p0'
/** In it users are banned and muted. */
const court = 'b0'
const council = 'l0'
/** The prefix of the rooms that clients create. */
const created = 'n'
/** It has a capacity. */
const bench = 's0'
const seats = 2
const renewal = { withinMs: 1_000, leewayMs: 200, spread: 0.1 }

/**
 * Plays a plan in virtual time and judges it by the histories of all who took part. `spoil` stands between the engine and
 * the server, and not between the engine and its history.
 */
export const play = (plan: Plan, spoil: (engine: Engine) => Engine = identity): Verdict => {
  const rooms = Array.from({ length: plan.rooms }, (_, at) => `r${at}`)
  /** Everybody watches the members of these; the server removes them from the first one. */
  const meets = [hall, court, ...rooms]
  const logged = [...rooms, court, council]
  const random = seeded(plan.seed)
  const server: ServerRecord[] = []
  const director: DirectorRecord[] = []
  const lives: { readonly name: string; readonly records: () => readonly ClientRecord[] }[] = []
  let calm = false
  let plain: MemoryEngine | undefined
  let watching = new Subscription()

  const {
    time,
    network,
    restart,
    server: serving,
  } = world({
    seed: plan.seed,
    latencyMs: () => Math.floor(random() * (plan.latencyMs + 1)),
    memory: { messages: plan.retained },
    heartbeat: { intervalMs: 500, graceMs: 500 },
    presence,
    answerMs: 1_000,
    handshakeMs: 1_000,
    busy: { retryAfterMs: 100, spreadMs: 200 },
    authenticate: ({ token = '' }) => [whoIs(token, time.now())],
    between: (engine, virtual) => {
      plain = engine as MemoryEngine
      watching.unsubscribe()
      watching = watchTables(engine, [...meets, council, bench], keep(server), virtual.now)
      furnish(engine)
      const alive = (): boolean => plain === engine
      const trouble = { scheduler: virtual, ...plan.engine, random: () => (calm ? 0.999_999 : random()) }
      return unreliable(spoil(witness(mortal(engine, alive), keep(server), virtual.now)), trouble)
    },
  })
  const now = time.now
  const later = (task: () => void, ms: number): void => void time.schedule(task, ms)
  server.push(['serving', now(), 'server'], ['capacity', now(), bench, seats])
  let starts = 0
  const orders = () => {
    const name = `server-${++starts}`
    const { rooms: of } = serving()
    return { measure: measures(of, name, keep(server), now), close: closings(of, name, keep(server), now) }
  }
  let { measure, close } = orders()
  const broken = (kind: string, ms: number, whom: readonly string[], entails: readonly Consequence[] = []): void => {
    director.push(['broken', now(), now() + ms, kind, whom, entails])
  }

  const lastings = new Set<() => void>()
  const jumps: number[] = []
  const births: number[] = []
  const begin = (who: number): Actor => {
    const life = `c${who}.${(births[who] = (births[who] ?? 0) + 1)}`
    const records: ClientRecord[] = []
    lives.push({ name: life, records: () => records })
    const { transport } = network.host(life)
    return actorOf({
      life,
      write: keep(records),
      now,
      reads: rooms,
      meets,
      leads: [council],
      sits: [bench],
      makes: created,
      later,
      make: (options, wrap) =>
        createClient({
          ...quick,
          ...options,
          url: 'ws://virtual',
          transport: wrap(transport),
          random,
          scheduler: { now: () => now() + (jumps[who] ?? 0), schedule: time.schedule },
          token: tokens(() => ({ value: `c${who} ${now() + plan.tokenMs}`, expiresInMs: plan.tokenMs }), renewal),
        }),
    })
  }
  const actors = Array.from({ length: plan.clients }, (_, who) => begin(who))
  const nameOf = (who: number): string => `c${who}`
  const everybody = actors.map((_, who) => nameOf(who))
  const host = (who: number) => network.host(`c${who}.${births[who] ?? 1}`)

  const perform = (act: Act): void => {
    const who = 'who' in act ? act.who % plan.clients : 0
    const whom = [nameOf(who)]
    switch (act._tag) {
      case 'say':
        for (let count = 0; count < act.count; count++)
          actors[who]?.say(rooms[act.room % plan.rooms] ?? '', act.size, act)
        break
      case 'meet':
        for (let count = 0; count < act.count; count++) actors[who]?.meet(random)
        break
      case 'kick': {
        const [user = ''] = whom
        serving()
          .kick(hall, user)
          .subscribe((result) =>
            server.push(['kicked', now(), hall, user, E.isLeft(result) ? 0 : result.right.sessions]),
          )
        break
      }
      case 'measure':
        measure({ kind: act.kind, room: court, user: whom[0] ?? '', forMs: act.ms })
        break
      case 'close':
        close(closableRoom(created, act.number))
        break
      case 'plead':
        for (let count = 0; count < act.count; count++) actors[who]?.say(court, 0, { owned: count % 2 === 0 })
        break
      case 'cut':
        broken('cut', 0, whom)
        host(who).cut()
        break
      case 'partition': {
        const half = everybody.filter((_, at) => at % 2 === 0)
        broken('partition', act.ms, half)
        network.partition(...half.map((_, at) => host(at * 2).name))
        time.schedule(() => {
          network.partition()
        }, act.ms)
        break
      }
      case 'restart':
        broken(`restart-${act.engine}`, 0, everybody, act.engine === 'new' ? ['epoch', 'unknown'] : [])
        restart({ engine: act.engine })
        server.push(['serving', now(), 'server'])
        ;({ measure, close } = orders())
        break
      case 'forget':
        broken('forget', 0, everybody, ['epoch', 'unknown'])
        plain?.forget(rooms[act.room % plan.rooms] ?? '')
        break
      case 'kill':
        broken('kill', 0, [])
        actors[who]?.die()
        host(who).refuse(true)
        host(who).cut()
        // It has no link to say it on. Open, it would come back when everything heals.
        actors[who]?.client.close({ drainMs: 0 }).subscribe()
        actors[who] = begin(who)
        break
      case 'jump':
        broken('jump', 0, whom)
        jumps[who] = (jumps[who] ?? 0) + act.ms
        break
      default: {
        broken(`${act._tag}-${act.way}`, act.ms, whom)
        const ends = lasting(host(who), act)
        const end = (): void => {
          if (lastings.delete(end)) ends()
        }
        lastings.add(end)
        time.schedule(end, act.ms)
      }
    }
  }
  if (plan.engine.failEvery < Infinity) broken('engine', stormMs, everybody, ['stale'])
  if (plan.retained < 1_000) broken('small-log', Infinity, everybody, ['cut'])
  for (const act of plan.acts)
    time.schedule(() => {
      perform(act)
    }, act.at)
  time.advanceTo(stormMs)
  calm = true
  for (const end of lastings) end()
  network.heal()
  network.latency(plan.latencyMs)
  for (const [who] of actors.entries()) heal(host(who))
  director.push(['calm', now(), now() + settleMs + 1])
  time.advanceBy(settleMs)
  const logs = plain ? finals(plain, logged) : []
  for (const actor of actors) actor.rest()
  for (const actor of actors) void actor.end()
  return check(
    { lives, server: () => server, director: () => director, logs },
    { retained: plan.retained, settleMs, noticeMs: 1_000, cover: [], presence },
  )
}

/** Creates the room with a capacity. */
const furnish = ({ tables }: Engine): void => {
  const record = newRecord(bench, { capacity: seats }, { user: '@server', session: '' }, 0)
  tables?.write({ of: ROOM, room: bench }, [{ _tag: 'Put', key: INFO, value: JSON.stringify(record) }]).subscribe()
}

/** An engine whose process can be gone: what had not reached it by then never does. */
const mortal = (engine: Engine, alive: () => boolean): Engine => ({
  ...engine,
  append: (room, entries) => defer(() => (alive() ? engine.append(room, entries) : NEVER)),
})

/** `user until`: good until that time. */
const whoIs = (token: string, now: number): Identity | null => {
  const [user = '', until = '0'] = token.split(' ')
  return Number(until) > now ? { user, expiresInMs: Number(until) - now } : null
}

/** What the engine holds at the end. */
const finals = (engine: Engine, rooms: readonly string[]): readonly FinalLog[] => {
  const logs: FinalLog[] = []
  for (const room of rooms) {
    const ids: string[] = []
    let first = 1
    let epoch = ''
    engine
      .follow(room, { last: Number.MAX_SAFE_INTEGER })
      .subscribe((told) => {
        if (E.isLeft(told)) return
        if (told.right._tag === 'Base') ({ first, epoch } = told.right)
        if (told.right._tag === 'Messages') ids.push(...told.right.messages.map(({ id }) => id))
      })
      .unsubscribe()
    logs.push({ room, epoch, first, ids })
  }
  return logs
}
