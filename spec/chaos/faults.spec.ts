import { client, consumer, crowd } from '../../chaos/campaign/faults/client.js'
import type { Fault } from '../../chaos/campaign/faults/fault.js'
import type { Crowd, Ground } from '../../chaos/campaign/ground.js'
import type { ClientPlan, ToServer } from '../../chaos/campaign/talk.js'

/** `c1` and `c2` in a process; `c2` has a store. */
const stage = () => {
  const done: string[] = []
  const plans = ['c1', 'c2'].map((name): ClientPlan => ({
    name,
    port: 0,
    reads: [],
    writes: [],
    rate: 1,
    isStored: name === 'c2',
  }))
  const weather = { up: {}, down: {} }
  const both = {
    names: ['c1', 'c2'],
    date: (name, ms) => void done.push(`${name} ${Math.abs(ms) <= 180_000 ? 'dated' : 'lost in time'}`),
    restart: () => {
      done.push('restarted')
      return Promise.resolve()
    },
  } satisfies Partial<Crowd>
  const ground = { plans, crowdOf: () => both, proxyOf: () => ({ weather, heal: () => undefined }) }
  return { done, ground: ground as unknown as Ground }
}
const named = (faults: readonly Fault[], kind: string): Fault => faults.find((fault) => fault.kind === kind)!
const strike = async (ground: Ground, fault: Fault | undefined, name: string): Promise<void> => {
  await fault?.strike({ ground, random: () => 0.3, wait: () => Promise.resolve() }, name)
}

describe('faults of clients', () => {
  it('[CH10] calendars of clients are set, and excuse nobody else', async () => {
    const { done, ground } = stage()
    const fault = named(client, 'calendar set')
    await strike(ground, fault, 'c2')
    expect([done, fault.entails]).toEqual([['c2 dated'], ['unknown']])
    expect(fault.whom).toBeUndefined()
  })

  it('[CH37] a clock that jumps makes outcomes unknown of clients, and of no consumer', () => {
    expect([client, consumer].map((all) => named(all, 'clock jump').entails)).toEqual([['unknown'], undefined])
  })

  it('[CH10] the next life of a killed client may know another date', async () => {
    const { done, ground } = stage()
    const fault = named(crowd, 'calendars set between lives')
    await strike(ground, fault, 'c1')
    await strike(ground, fault.then, 'c1')
    expect(done).toEqual(['c1 dated', 'c2 dated', 'restarted'])
    expect([fault.whom?.(ground, 'c1'), fault.entails, fault.then?.entails]).toEqual([
      ['c1', 'c2'],
      ['unknown'],
      undefined,
    ])
  })

  it('[CH22] a client is removed only from rooms in which it reads no messages', async () => {
    const { done, ground } = stage()
    const tell = (message: ToServer): void =>
      void done.push(message._tag === 'measure' ? `${message.measure.kind} ${message.measure.room}` : message._tag)
    const plans = ground.plans.map((plan) => ({
      ...plan,
      reads: ['r'],
      meets: plan.name === 'c1' ? ['r', 'p'] : ['r'],
    }))
    const crowdOf = () => ({ process: () => ({ tell }) })
    const met = { ...ground, plans, server: () => ({ tell }), crowdOf } as unknown as Ground
    for (const name of ['c1', 'c2']) await strike(met, named(client, 'kick'), name)
    expect(done).toEqual(['kick p'])
  })
})
