import { closableRoom } from '../../client/registry.js'
import { detectMs, kept, presence } from '../settings.js'
import { between, type Fault, type Scene } from './fault.js'

const everybody: Fault['whom'] = ({ names }) => names

/** Some way beyond what outcomes are kept: what has the wrong date is too old for the calendar of the next server. */
const calendarMs = kept.dedupeMs * 1.7

const trouble = async (
  { ground, random, wait }: Scene,
  what: { readonly engine?: boolean; readonly slowSyncMs?: number; readonly isFull?: boolean },
): Promise<void> => {
  const sound = { _tag: 'trouble', engine: false, slowSyncMs: 0, isFull: false } as const
  ground.server().tell({ ...sound, ...what })
  await wait(between(random, 1_000, 4_000))
  ground.server().tell(sound)
}

/** One of the two servers is killed, and started again before its lease ends, or later. */
const oneKilled = (node: number): Fault => ({
  kind: `server ${node + 1} of 2 killed`,
  weight: 3,
  whom: ({ clientsOf }) => clientsOf(node),
  strike: async ({ ground, random, wait }) => {
    await ground.stopNode(node)
    await wait(random() < 0.7 ? between(random, 0, 3_000) : between(random, 3_000, presence.leaseMs * 1.5))
    await ground.startNode(node)
  },
})

/** What happens to the servers. */
export const server: readonly Fault[] = [
  oneKilled(0),
  oneKilled(1),
  {
    kind: 'both servers killed',
    weight: 3,
    whom: everybody,
    strike: async ({ ground, random, wait }) => {
      ground.killServer()
      await ground.server().gone
      await wait(between(random, 0, 1_500))
      await ground.startServer()
    },
  },
  {
    kind: 'server stopped briefly',
    weight: 2,
    whom: everybody,
    strike: async ({ ground, random, wait }) => {
      ground.server().signal('SIGSTOP')
      await wait(between(random, 50, detectMs * 0.4))
      ground.server().signal('SIGCONT')
    },
  },
  {
    kind: 'server stopped long',
    weight: 2,
    whom: everybody,
    strike: async ({ ground, random, wait }) => {
      ground.server().signal('SIGSTOP')
      await wait(between(random, detectMs * 1.5, detectMs * 4))
      ground.server().signal('SIGCONT')
    },
  },
  {
    kind: 'server calendar set',
    weight: 2,
    whom: everybody,
    strike: ({ ground, random }) => {
      ground.server().tell({ _tag: 'date', ms: Math.round(between(random, -calendarMs, calendarMs)) })
      return Promise.resolve()
    },
  },
  {
    kind: 'room closed',
    weight: 4,
    whom: () => [],
    strike: ({ ground, random }) => {
      const prefix = ground.plans.find(({ makes }) => makes !== undefined)?.makes ?? ''
      ground
        .server()
        .tell({ _tag: 'close', node: Math.floor(random() * 2), room: closableRoom(prefix, Math.floor(random() * 100)) })
      return Promise.resolve()
    },
  },
  {
    kind: 'engine fails',
    weight: 4,
    entails: ['stale'],
    whom: everybody,
    strike: (scene) => trouble(scene, { engine: true }),
  },
  {
    kind: 'slow fsync',
    weight: 3,
    whom: everybody,
    strike: (scene) => trouble(scene, { slowSyncMs: between(scene.random, 50, 800) }),
  },
  { kind: 'full disk', weight: 2, whom: everybody, strike: (scene) => trouble(scene, { isFull: true }) },
]
