import { detectMs } from '../settings.js'
import { between, type Fault } from './fault.js'

/** Shorter than it takes to be noticed, and longer. */
const brief = [50, detectMs * 0.4] as const
const long = [detectMs * 1.5, detectMs * 4] as const

/** What a link has sent comes late, when the next link is there. */
const twoLinks: Fault['strike'] = async ({ ground, random, wait }, name) => {
  const ghost = ground.proxyOf(name).haunt()
  await wait(between(random, 30, 200))
  ghost.vanish()
  await wait(between(random, 50, 700))
  ghost.return()
}

/** What happens to the links of one client. */
export const network: readonly Fault[] = [
  {
    kind: 'reset',
    weight: 4,
    strike: ({ ground }, name) => {
      ground.proxyOf(name).cut('rst')
      return Promise.resolve()
    },
  },
  {
    kind: 'polite end',
    weight: 2,
    strike: ({ ground }, name) => {
      ground.proxyOf(name).cut('fin')
      return Promise.resolve()
    },
  },
  {
    kind: 'cut in a frame',
    weight: 4,
    strike: async ({ ground, random, wait }, name) => {
      const proxy = ground.proxyOf(name)
      proxy.cutAfter(random() < 0.5 ? 'up' : 'down', Math.ceil(random() * 3_000))
      await wait(500)
      proxy.cut('rst')
    },
  },
  {
    kind: 'brief stall',
    weight: 2,
    strike: async ({ ground, random, wait }, name) => {
      const { weather, heal } = ground.proxyOf(name)
      weather.up.stalled = weather.down.stalled = true
      await wait(between(random, ...brief))
      heal()
    },
  },
  {
    kind: 'long stall',
    weight: 2,
    strike: async ({ ground, random, wait }, name) => {
      const { weather, heal } = ground.proxyOf(name)
      weather.up.stalled = weather.down.stalled = true
      await wait(between(random, ...long))
      heal()
    },
  },
  {
    kind: 'half-open',
    weight: 3,
    strike: async ({ ground, random, wait }, name) => {
      const { weather, heal } = ground.proxyOf(name)
      weather[random() < 0.5 ? 'up' : 'down'].lossy = true
      await wait(between(random, ...long))
      heal()
    },
  },
  {
    kind: 'black hole',
    weight: 3,
    strike: async ({ ground, random, wait }, name) => {
      const { weather, heal } = ground.proxyOf(name)
      weather.up.lossy = weather.down.lossy = true
      await wait(between(random, ...long))
      heal()
    },
  },
  {
    kind: 'throttle',
    weight: 2,
    strike: async ({ ground, random, wait }, name) => {
      const { weather, heal } = ground.proxyOf(name)
      weather.up.bytesPerSecond = weather.down.bytesPerSecond = between(random, 8_000, 60_000)
      await wait(between(random, 1_000, 4_000))
      heal()
    },
  },
  {
    // A replay over a slow line that breaks, and again.
    kind: 'broken replay',
    weight: 3,
    strike: async ({ ground, random, wait }, name) => {
      const proxy = ground.proxyOf(name)
      proxy.refuse(true)
      proxy.cut('rst')
      await wait(between(random, 800, 2_000))
      proxy.refuse(false)
      proxy.weather.down.bytesPerSecond = 60_000
      for (let round = 0; round < 3; round++) {
        await wait(between(random, 200, 500))
        proxy.cut('rst')
      }
      proxy.heal()
    },
  },
  {
    kind: 'single bytes',
    weight: 1,
    strike: async ({ ground, random, wait }, name) => {
      const { weather, heal } = ground.proxyOf(name)
      weather.up.chunk = weather.down.chunk = 1
      weather.up.bytesPerSecond = weather.down.bytesPerSecond = 100_000
      await wait(between(random, 300, 1_500))
      heal()
    },
  },
  {
    kind: 'refusal',
    weight: 1,
    strike: async ({ ground, random, wait }, name) => {
      const { cut, refuse } = ground.proxyOf(name)
      refuse(true)
      cut('rst')
      await wait(between(random, 500, 3_000))
      refuse(false)
    },
  },
  {
    // What the client sends still arrives, the answers do not.
    kind: 'lost acks',
    weight: 3,
    strike: async ({ ground, random, wait }, name) => {
      const { weather, heal } = ground.proxyOf(name)
      weather.down.lossy = true
      await wait(between(random, 20, 300))
      heal()
    },
  },
  {
    kind: 'move to another server',
    weight: 3,
    strike: ({ ground }, name) => {
      ground.move(name)
      ground.proxyOf(name).cut('rst')
      return Promise.resolve()
    },
  },
  {
    kind: 'two links of a session, at two servers',
    weight: 2,
    strike: (scene, name) => {
      scene.ground.move(name)
      return twoLinks(scene, name)
    },
  },
  {
    kind: 'two links of a session',
    weight: 3,
    strike: twoLinks,
  },
]
