import { oneOf } from '../../client/councils.js'
import type { MeasureKind } from '../../history/sanction.js'
import type { Ground } from '../ground.js'
import type { Measure } from '../../orders/measures.js'
import { detectMs, moderation, retained } from '../settings.js'
import { between, type Fault, type Scene } from './fault.js'

const companions: Fault['whom'] = ({ crowdOf }, name) => crowdOf(name).names
const firstRoom = ({ plans }: Ground, name: string): string => plans.find((plan) => plan.name === name)?.reads[0] ?? ''

/** More than the minute by which a calendar may be set back, and the time for which a server remembers. */
const calendarMs = 180_000

/** The rooms whose members a client watches and whose messages it does not read. */
const quietRooms = ({ plans }: Ground, name: string): readonly string[] => {
  const { meets = [], reads = [] } = plans.find((plan) => plan.name === name) ?? {}
  return meets.filter((room) => !reads.includes(room))
}

const killed: Fault = {
  kind: 'client killed',
  weight: 3,
  whom: companions,
  strike: async ({ ground, random, wait }, name) => {
    await wait(between(random, 0, 200))
    await ground.crowdOf(name).restart()
  },
}

/** What happens to a process of clients. */
export const crowd: readonly Fault[] = [
  killed,
  {
    // What was written and not acknowledged is found by a next life that knows another date.
    kind: 'calendars set between lives',
    weight: 3,
    entails: ['unknown'],
    whom: companions,
    strike: async ({ ground, random, wait }, name) => {
      const { names, date } = ground.crowdOf(name)
      for (const each of names) ground.proxyOf(each).weather.down.lossy = true
      await wait(between(random, 20, 300))
      for (const each of names) {
        date(each, Math.round(between(random, -calendarMs, calendarMs)))
        ground.proxyOf(each).heal()
      }
    },
    then: killed,
  },
  {
    kind: 'client stopped',
    weight: 2,
    whom: companions,
    strike: async ({ ground, random, wait }, name) => {
      const { process } = ground.crowdOf(name)
      process().signal('SIGSTOP')
      await wait(between(random, 100, detectMs * 4))
      process().signal('SIGCONT')
    },
  },
]

const clockJump: Fault = {
  kind: 'clock jump',
  weight: 3,
  strike: ({ ground, random }, name) => {
    ground
      .crowdOf(name)
      .process()
      .tell({ _tag: 'jump', name, ms: Math.round(between(random, 100, 20_000)) })
    return Promise.resolve()
  },
}
const noTokens: Fault = {
  kind: 'no tokens',
  weight: 2,
  strike: async ({ ground, random, wait }, name) => {
    const ms = between(random, 1_000, 4_000)
    ground.crowdOf(name).process().tell({ _tag: 'no-token', name, ms })
    await wait(ms / 2)
    ground.proxyOf(name).cut('rst')
    await wait(ms / 2)
  },
}

/** What happens to one consumer: nothing that makes an outcome unknown, so that each message has exactly one copy. */
export const consumer: readonly Fault[] = [
  clockJump,
  noTokens,
  {
    kind: 'consumer killed',
    weight: 14,
    strike: async ({ ground, random, wait }, name) => {
      await wait(between(random, 0, 200))
      await ground.crowdOf(name).restart()
    },
  },
  {
    kind: 'consumer terminated',
    weight: 14,
    strike: async ({ ground, random, wait }, name) => {
      await wait(between(random, 0, 200))
      await ground.crowdOf(name).terminate()
    },
  },
  {
    // It is terminated while it cannot deliver: the drain ends with messages that the store keeps.
    kind: 'consumer terminated offline',
    weight: 8,
    strike: async ({ ground, random, wait }, name) => {
      ground.proxyOf(name).weather.down.lossy = true
      await wait(between(random, 20, 300))
      await ground.crowdOf(name).terminate()
      ground.proxyOf(name).heal()
    },
  },
]

/** One of the servers gives an order, or a client that may do so. */
const give = ({ ground, random }: Scene, measure: Measure): Promise<void> => {
  const giver = Math.floor(random() * 4)
  const name = oneOf(moderation.moderators, random)
  if (giver < 2) ground.server().tell({ _tag: 'measure', node: giver, measure })
  else ground.crowdOf(name).process().tell({ _tag: 'measure', name, measure })
  return Promise.resolve()
}

/** An order against a client, in a room that it writes to, watches and does not read. It holds for a while. */
const ordered = (kind: MeasureKind, weight: number): Fault => ({
  kind,
  weight,
  strike: (scene, user) => {
    const { ground, random } = scene
    const writes = ground.plans.find((plan) => plan.name === user)?.writes ?? []
    const room = oneOf(
      quietRooms(ground, user).filter((each) => writes.includes(each)),
      random,
    )
    const forMs = Math.round(between(random, 1_000, 12_000))
    return room === '' ? Promise.resolve() : give(scene, { kind, room, user, forMs })
  },
})

/** What happens to one client. */
export const client: readonly Fault[] = [
  // What waits for an answer is older by the jump: the client may ask no more.
  { ...clockJump, entails: ['unknown'] },
  {
    // Only from rooms in which it reads no messages.
    kind: 'kick',
    weight: 6,
    strike: (scene, user) => {
      const { ground, random } = scene
      const room = oneOf(quietRooms(ground, user), random)
      const forMs = random() < 0.5 ? 0 : Math.round(between(random, 1_000, 4_000))
      return room === '' ? Promise.resolve() : give(scene, { kind: 'kick', room, user, forMs })
    },
  },
  ordered('ban', 9),
  ordered('mute', 7),
  ordered('unban', 2),
  ordered('unmute', 2),
  {
    kind: 'calendar set',
    weight: 2,
    entails: ['unknown'],
    strike: ({ ground, random }, name) => {
      ground.crowdOf(name).date(name, Math.round(between(random, -calendarMs, calendarMs)))
      return Promise.resolve()
    },
  },
  noTokens,
  {
    kind: 'poison',
    weight: 2,
    entails: ['unknown'],
    strike: async ({ ground, wait }, name) => {
      ground.crowdOf(name).process().tell({ _tag: 'poison', name })
      await wait(3_000)
    },
  },
  {
    // A slow reader, and more than the log keeps meanwhile.
    kind: 'log cut in a replay',
    weight: 2,
    entails: ['cut'],
    whom: (ground, name) =>
      ground.plans.filter(({ reads }) => reads.includes(firstRoom(ground, name))).map((plan) => plan.name),
    strike: async ({ ground, random, wait }, name) => {
      const proxy = ground.proxyOf(name)
      const room = firstRoom(ground, name)
      const others = ground.plans.filter((plan) => plan.name !== name && plan.writes.includes(room)).slice(0, 4)
      proxy.refuse(true)
      proxy.cut('rst')
      for (const other of others) {
        const count = Math.ceil((retained * 1.2) / others.length)
        ground.crowdOf(other.name).process().tell({ _tag: 'flood', name: other.name, room, count })
      }
      await wait(between(random, 500, 1_500))
      proxy.weather.down.bytesPerSecond = 30_000
      proxy.refuse(false)
      await wait(between(random, 2_000, 4_000))
      proxy.heal()
    },
  },
]
