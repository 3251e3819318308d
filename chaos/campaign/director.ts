import { setMaxListeners } from 'node:events'
import type { Write } from '../history/write.js'
import { seeded } from '../../lib/testing/random.js'
import { now } from './clock.js'
import { client, consumer, crowd } from './faults/client.js'
import { type Fault, pick, type Scene } from './faults/fault.js'
import { network } from './faults/network.js'
import { server } from './faults/server.js'
import type { Ground } from './ground.js'
import type { Status } from './talk.js'

export interface DirectorOptions {
  readonly ground: Ground
  /** What happens to whom: the same seed draws the same faults for each client, in the same order. */
  readonly seed: number
  readonly write: Write
  /** How long a storm lasts, and how often it strikes each client, and everybody. */
  readonly stormMs: number
  readonly eachEveryMs: number
  readonly allEveryMs: number
  /** How often it strikes each consumer. */
  readonly consumerEveryMs: number
  /** How long a calm may last until everybody has settled. */
  readonly settleMs: number
  readonly signal: AbortSignal
  /** Hears of what it does. */
  readonly told: (what: string) => void
}

/** Breaks things, by seed. */
export interface Director {
  /** Strikes for a while, and ends all that it did. */
  readonly storm: () => Promise<void>
  /** Waits until everybody is online, settled and at the head. Says whether they were in time. */
  readonly calm: () => Promise<boolean>
  /** Waits for so long, or until the campaign is stopped. */
  readonly rest: (ms: number) => Promise<void>
  readonly strikes: () => number
}

export const director = (options: DirectorOptions): Director => {
  const { ground, seed, write, stormMs, eachEveryMs, allEveryMs, consumerEveryMs, settleMs, signal, told } = options
  const wait = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      if (signal.aborted) done()
      else signal.addEventListener('abort', done)
    })
  setMaxListeners(0, signal)
  /** Each has its own chance, so that what others take does not change it. */
  const scenes = new Map<string, Scene>()
  const sceneOf = (whose: string): Scene => {
    const known = scenes.get(whose) ?? { ground, random: seeded(seed * 1_000 + scenes.size), wait }
    scenes.set(whose, known)
    return known
  }
  /** Whoever is being struck. */
  const busy = new Set<string>()
  let strikes = 0

  const strike = async (scene: Scene, fault: Fault, name: string): Promise<void> => {
    const whom = fault.whom?.(ground, name) ?? [name]
    const from = now()
    told(`${fault.kind}: ${name}`)
    await fault.strike(scene, name)
    strikes++
    write(['broken', from, now(), fault.kind, whom, fault.entails ?? []])
    write.flush()
    if (fault.then) await strike(scene, fault.then, name)
  }
  /** Strikes at random times until then. */
  const campaign = async (
    until: number,
    everyMs: number,
    faults: readonly Fault[],
    whose: string,
    nameOf: (random: () => number) => string = () => whose,
  ): Promise<void> => {
    const scene = sceneOf(whose)
    const { random } = scene
    for (;;) {
      await wait(-Math.log(1 - random()) * everyMs)
      const fault = pick(faults, random)
      const name = nameOf(random)
      if (signal.aborted || now() >= until) return
      if (!fault || busy.has(name)) continue
      busy.add(name)
      await strike(scene, fault, name)
      busy.delete(name)
    }
  }
  const isConsumer = (name: string): boolean => ground.crowdOf(name).isConsumer
  const ofOne = (name: string): readonly Fault[] => [...network, ...(isConsumer(name) ? consumer : client)]
  const senders = ground.names.filter((name) => !isConsumer(name))
  const anybody = (random: () => number): string => senders[Math.floor(random() * senders.length)] ?? ''

  const heads = async (): Promise<Readonly<Record<string, readonly [string, number]>> | undefined> => {
    const answer = ground.server().hear('heads', 10_000)
    ground.server().tell({ _tag: 'ask', what: 'heads', rooms: ground.rooms })
    return (await answer)?.heads
  }
  const isSettled = (
    { name, isOnline, oldestAt, positions }: Status,
    from: number,
    goals: Readonly<Record<string, readonly [string, number]>>,
  ): boolean =>
    isOnline &&
    (oldestAt === null || oldestAt > from) &&
    (ground.plans.find((plan) => plan.name === name)?.reads ?? []).every((room) => {
      const at = positions[room]
      const [goalEpoch, goal] = goals[room] ?? ['', 0]
      // A room that was empty may have had no log yet.
      return at !== undefined && (goal === 0 || (at[0] === goalEpoch && at[1] >= goal))
    })

  return {
    strikes: () => strikes,
    rest: wait,
    storm: async () => {
      const until = now() + stormMs
      await Promise.all([
        ...senders.map((name) => campaign(until, eachEveryMs, ofOne(name), name)),
        campaign(until, allEveryMs, server, 'the server'),
        campaign(until, allEveryMs, crowd, 'the processes', anybody),
        ...ground.names.filter(isConsumer).map((name) => campaign(until, consumerEveryMs, ofOne(name), name)),
      ])
      for (const name of ground.names) ground.proxyOf(name).heal()
    },
    calm: async () => {
      const from = now()
      await wait(1_000)
      const goals = await heads()
      let isOver = false
      while (!isOver && !signal.aborted && now() < from + settleMs) {
        const statuses = await ground.status()
        isOver =
          goals !== undefined &&
          statuses.length === ground.names.length &&
          statuses.every((each) => isSettled(each, from, goals))
        if (!isOver) await wait(200)
      }
      if (!signal.aborted) write(['calm', from, now()])
      write.flush()
      return isOver
    },
  }
}
