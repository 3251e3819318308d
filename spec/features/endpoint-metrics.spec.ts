import { endpoints } from '../../lib/features/endpoints/index.js'
import { metrics } from '../../lib/features/observe/index.js'
import { observeClient } from '../../lib/features/otel/index.js'
import { logTo } from '../../lib/kernel/log.js'
import { fleet } from '../support/fleet.js'
import { see } from '../support/seen.js'

describe('the endpoints of a client', () => {
  it('[HE34] are counted by their places: connections, also by a move, and failures', () => {
    const { client, node, urls, time, end } = fleet(2)
    node(0).stop()
    const check = (): readonly boolean[] => [time.now() > 20_000]
    const ana = client({
      url: endpoints(urls, { restMs: 1_000, returnMs: 0, check, checkEveryMs: 5_000 }),
      settleMs: 100,
    }).with(metrics)
    const seen = see(ana.metrics$)
    ana.connect()
    time.advanceBy(5_000)
    node(0).start()
    const { endpointFailures, endpointConnections } = seen.last()
    expect(endpointConnections).toEqual({ 1: 1 })
    // The attempt, and a check.
    expect(endpointFailures['0']).toBeGreaterThan(1)
    expect(Object.keys(endpointFailures)).toEqual(['0'])
    time.advanceBy(60_000)
    expect(seen.last()).toMatchObject({ endpointConnections: { 0: 1, 1: 1 }, losses: 0 })
    const attributes: unknown[] = []
    const made = (name: string) => ({
      addCallback: (read: (to: { observe: (value: number, of?: object) => void }) => void) => {
        if (name === 'rx_rooms.client.endpoint_connections') read({ observe: (_, of) => attributes.push(of) })
      },
      removeCallback: () => undefined,
    })
    observeClient({ createObservableCounter: made, createObservableGauge: made }, ana)()
    expect(attributes).toEqual([{ endpoint: '0' }, { endpoint: '1' }])
    expect(end()).toBe(0)
  })

  it('[HE35] are named in log lines by their places, without secrets, and so are moves', () => {
    const { client, node, urls, time, end } = fleet(2)
    const lines: string[] = []
    const log = (line: string): void => void lines.push(line)
    const ana = client({
      url: endpoints([`${urls[0]}?key=topsecret`, urls[1] ?? '']),
      logger: logTo({ debug: log, info: log, warn: log, error: log }),
    })
    ana.connect()
    time.advanceBy(1_000)
    node(0).server().drain({ to: '*', spreadMs: 0 })
    time.advanceBy(1_000)
    node(1).network.cut()
    time.advanceBy(1)
    const all = lines.join('\n')
    for (const part of [
      'connecting, endpoint 0 (ws://n0/rooms)',
      'online, endpoint 0 (ws://n0/rooms), next move in 0 ms',
      'online, endpoint 0 (ws://n0/rooms), moving to endpoint 1',
      'online, endpoint 1 (ws://n1/rooms), next return in ',
      'offline from endpoint 1 (ws://n1/rooms), next try in ',
    ])
      expect(all).toContain(part)
    expect(all).not.toContain('topsecret')
    expect(end()).toBe(0)
  })
})
