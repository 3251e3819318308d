import * as E from '#fp/Either'
import type { Engine } from '../../lib/server/engine.js'
import { check, type Verdict } from '../checker/check.js'
import { hearMs } from '../checker/delays.js'
import type { FinalLog } from '../checker/evidence.js'
import { closableRoom } from '../client/registry.js'
import { heal, lasting } from './links.js'
import { type Act, type Giver, type Plan, presence, settleMs, stormMs } from './plan.js'
import { court, created, hall, moderator, nameOf, type Spoil, stage as stageOf, type Stage } from './stage.js'

/** From the end of a hand-over to the start of the next server. */
const restartMs = 200

/** Plays a plan in virtual time and judges it by the histories of all who took part. */
export const play = (plan: Plan, spoil?: Spoil): Verdict => {
  const stage = stageOf(plan, spoil)
  const { cluster, everybody, broken } = stage
  const { time } = cluster
  /** The ends of what lasts. */
  const lastings = new Set<() => void>()
  const lasts = (ms: number, end: () => void): void => {
    const once = (): void => {
      if (lastings.delete(once)) end()
    }
    lastings.add(once)
    time.schedule(once, ms)
  }

  if (plan.engine.failEvery < Infinity) broken('engine', stormMs, everybody, ['stale'])
  if (plan.retained < 1_000) broken('small-log', Infinity, everybody, ['cut'])
  for (const act of plan.acts)
    time.schedule(() => {
      perform(stage, plan, act, lasts)
    }, act.at)
  time.advanceTo(stormMs)
  stage.calm()
  for (const end of lastings) end()
  cluster.heal(plan.latencyMs)
  for (const [who] of everybody.entries()) heal(stage.links(who))
  stage.director.push(['calm', time.now(), time.now() + settleMs + hearMs + 1])
  time.advanceBy(settleMs)
  const actors = everybody.map((_, who) => stage.actor(who))
  for (const actor of actors) actor.settle()
  time.advanceBy(hearMs)
  const logs = finals(stage.plain(), stage.logged)
  for (const actor of actors) actor.rest()
  for (const actor of actors) void actor.end()
  const { lives, server, director } = stage
  return check(
    { lives, server: () => server, director: () => director, logs },
    { retained: plan.retained, settleMs, noticeMs: 1_000, cover: [], presence },
  )
}

const perform = (stage: Stage, plan: Plan, act: Act, lasts: (ms: number, end: () => void) => void): void => {
  const { cluster, rooms, random, everybody, broken } = stage
  const who = 'who' in act ? act.who % plan.clients : 0
  const user = nameOf(who)
  const times = (count: number, does: (at: number) => void): void => {
    for (let at = 0; at < count; at++) does(at)
  }
  const order = (by: Giver, measure: Parameters<Stage['measure']>[1]): void => {
    if (by === 'client') stage.actor(moderator).order(measure)
    else stage.measure(by, measure)
  }
  switch (act._tag) {
    case 'say':
      times(act.count, () => {
        stage.actor(who).say(rooms[act.room % plan.rooms] ?? '', act.size, act)
      })
      break
    case 'meet':
      times(act.count, () => {
        stage.actor(who).meet(random)
      })
      break
    case 'trade':
      times(act.count, () => {
        stage.actor(who).trade(random)
      })
      break
    case 'plead':
      times(act.count, (at) => {
        stage.actor(who).say(court, 0, { owned: at % 2 === 0 })
      })
      break
    case 'tell': {
      const to = act.to === 'all' ? act.to : { user: nameOf(act.to % plan.clients) }
      times(act.count, () => {
        stage.actor(who).tell(to)
      })
      break
    }
    case 'kick':
      order(act.by, { kind: 'kick', room: act.ms > 1_000 ? court : hall, user, forMs: act.ms })
      break
    case 'measure':
      order(act.by, { kind: act.kind, room: court, user, forMs: act.ms })
      break
    case 'close':
      stage.close(act.node, closableRoom(created, act.number))
      break
    case 'cut':
      broken('cut', 0, [user])
      stage.links(who).cut()
      break
    case 'move':
      broken('move', 0, [user])
      cluster.move(user)
      stage.links(who).cut()
      break
    case 'partition': {
      const half = everybody.flatMap((_, at) => (at % 2 === 0 ? [at] : []))
      broken('partition', act.ms, half.map(nameOf))
      cluster.partition(half.map(stage.host))
      cluster.time.schedule(() => {
        cluster.partition([])
      }, act.ms)
      break
    }
    case 'restart':
      if (act.engine === 'new') {
        broken('restart-new', 0, everybody, ['epoch', 'unknown'])
        cluster.renew()
      } else {
        broken('restart-same', 0, cluster.usersOf(act.node))
        cluster.restart(act.node)
      }
      break
    case 'down':
      broken('down', act.ms, cluster.usersOf(act.node))
      lasts(act.ms, cluster.down(act.node))
      break
    case 'hand-over': {
      // Whoever roams moves without a loss, if there is somewhere to go, whose engine answers.
      const { failEvery, loseAnswers } = plan.engine
      const isServed = cluster.isBacked(act.node) && Math.min(failEvery, loseAnswers) === Infinity
      const lastsMs = act.ms + restartMs
      const until = cluster.time.now() + lastsMs
      broken(
        'hand-over',
        lastsMs,
        cluster.usersOf(act.node).filter((each) => !isServed || !cluster.roams(each)),
      )
      const end = cluster.handOver(act.node, act.ms)
      lasts(lastsMs, () => {
        // At the end of all faults it is killed while it still hands over.
        if (cluster.time.now() < until) broken('restart-same', 0, cluster.usersOf(act.node))
        end()
      })
      break
    }
    case 'forget':
      broken('forget', 0, everybody, ['epoch', 'unknown'])
      stage.plain().forget(rooms[act.room % plan.rooms] ?? '')
      break
    case 'kill':
      broken('kill', 0, [])
      stage.actor(who).die()
      stage.links(who).refuse(true)
      stage.links(who).cut()
      // It has no link to say it on. Open, it would come back when everything heals.
      stage.actor(who).client.close({ drainMs: 0 }).subscribe()
      stage.begin(who)
      break
    case 'jump':
      broken('jump', 0, [user])
      stage.jump(who, act.ms)
      break
    default:
      broken(`${act._tag}-${act.way}`, act.ms, [user])
      lasts(act.ms, lasting(stage.links(who), act))
  }
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
