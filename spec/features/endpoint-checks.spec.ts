import { EMPTY, firstValueFrom, from, map, NEVER, of, throwError, timer } from 'rxjs'
import * as E from '#fp/Either'
import type { ConnectionState } from '../../lib/connection/model.js'
import { type CheckedEndpoint, type EndpointCheck, endpoints, httpCheck } from '../../lib/features/endpoints/index.js'
import { serve } from '../../lib/node/index.js'
import { fleet } from '../support/fleet.js'
import { left, right, see, type Seen } from '../support/seen.js'

const tried = ({ all }: Seen<ConnectionState>): readonly (number | undefined)[] =>
  all.flatMap((state) =>
    state._tag === 'Online' && state.successor?._tag === 'Connecting' ? [state.successor.at] : [],
  )
const times = { restMs: 1_000, returnMs: 500, checkEveryMs: 2_000, checkWithinMs: 700 }

/** A client that has come to the second endpoint, because the first was cut. */
const away = (check: (endpoint: CheckedEndpoint, now: number) => ReturnType<EndpointCheck>, more: object = {}) => {
  const here = fleet(2)
  const { client, node, urls, time } = here
  const asked: (CheckedEndpoint & { readonly now: number })[] = []
  const options = {
    ...times,
    ...more,
    check: (endpoint: CheckedEndpoint) => {
      asked.push({ ...endpoint, now: time.now() })
      return check(endpoint, time.now())
    },
  }
  const ana = client({ url: endpoints([`${urls[0]}?key=secret`, urls[1] ?? ''], options), settleMs: 100 })
  const state = see(ana.state$)
  const faults = see(ana.faults$)
  ana.connect()
  time.advanceBy(50)
  node(0).network.cut()
  time.advanceBy(300)
  expect(state.last()).toMatchObject({ _tag: 'Online', endpoint: { at: 1 } })
  return { ...here, ana, state, faults, asked }
}

describe('a check of endpoints', () => {
  it('[EP24] is asked before a return, with the address as the client connects to it, and lets it return', () => {
    const { state, asked, time, end } = away(() => [true])
    time.advanceBy(10_000)
    expect(asked).toMatchObject([{ at: 0, url: 'ws://n0/rooms?key=secret' }])
    expect(state.last()).toMatchObject({ _tag: 'Online', endpoint: { at: 0 } })
    expect(end()).toBe(0)
  })

  it.each<readonly [string, () => ReturnType<EndpointCheck>, boolean]>([
    ['a Right', () => of(E.right('well')), true],
    ['a promise of true', () => [true, false], true],
    ['false', () => [false], false],
    ['a Left', () => of(E.left('ill')), false],
    ['no answer', () => EMPTY, false],
    ['an answer that never comes', () => NEVER, false],
    ['an error', () => throwError(() => new Error('no way')), false],
    ['something else', () => ['yes' as never], false],
  ])('[EP24] [EP25] %s says if it is well', (_, answer, isWell) => {
    const { state, network, tries, end } = (() => {
      const here = away(() => answer())
      here.time.advanceBy(20_000)
      return { ...here, network: here.node(0).network, tries: tried(here.state) }
    })()
    expect(state.last()).toMatchObject({ _tag: 'Online', endpoint: { at: isWell ? 0 : 1 } })
    expect(network.links()).toBe(isWell ? 1 : 0)
    expect(tries.length > 0).toBe(true)
    expect(end()).toBe(0)
  })

  it('[EP25] one that throws is a fault each time, and one that is late is given up after checkWithinMs', () => {
    const { faults, asked, time, end } = away(() => {
      throw new Error('broken')
    })
    time.advanceBy(10_000)
    expect(faults.all.map(({ _tag, message }) => [_tag, message])).toContainEqual(['FunctionThrew', 'check: broken'])
    expect(asked.length).toBeGreaterThan(2)
    expect(end()).toBe(0)
    const given: number[] = []
    const late = away((_, now) => timer(5_000).pipe(map(() => given.push(now) > 0)))
    late.time.advanceBy(10_000)
    expect(given).toEqual([])
    expect(late.asked.length).toBeGreaterThan(2)
    expect(late.end()).toBe(0)
  })

  it('[EP26] an unwell endpoint is checked again each half to one and a half checkEveryMs, until it is well', () => {
    const { state, asked, time, end } = away((_, now) => [now > 30_000], { returnMs: 0 })
    time.advanceBy(29_000)
    const gaps = asked.slice(1).map(({ now }, at) => now - (asked[at]?.now ?? 0))
    expect(gaps.length).toBeGreaterThan(8)
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1_000)
    expect(Math.max(...gaps)).toBeLessThanOrEqual(3_100)
    expect(new Set(gaps).size).toBe(gaps.length)
    expect(state.last().endpoint?.health[0]?.failures).toBe(1)
    time.advanceBy(6_000)
    expect(state.last()).toMatchObject({ _tag: 'Online', endpoint: { at: 0 } })
    expect(end()).toBe(0)
  })

  it('[EP27] one that lies keeps no client offline: without another well endpoint the connection is the check', () => {
    const { state, asked, node, time, end } = away(() => [false])
    node(1).stop()
    time.advanceBy(10_000)
    expect(state.last()).toMatchObject({ _tag: 'Online', endpoint: { at: 0 } })
    node(1).start()
    expect(asked.every(({ at }) => at === 0)).toBe(true)
    expect(end()).toBe(0)
  })

  it('[EP27] one that says well of a dead endpoint costs an attempt each time, and no connection', () => {
    const { state, node, time, end } = away(() => [true])
    node(0).stop()
    const from = state.all.length
    time.advanceBy(60_000)
    expect(state.all.slice(from).map(({ _tag }) => _tag)).not.toContain('Waiting')
    expect(state.last().endpoint?.health[0]?.failures).toBeGreaterThan(2)
    expect(end()).toBe(0)
  })

  it('[EP7] a check that is no function closes the client', () => {
    const { client, urls } = fleet(2)
    const error = left(see(client({ url: endpoints(urls, { check: true as never }) }).connect()).only())
    expect(error).toMatchObject({ code: 'config/invalid', option: 'check' })
  })

  it('[EP28] httpCheck asks the health path of the server of an endpoint', async () => {
    const server = right(await firstValueFrom(serve({ port: 0, health: '/up' })))
    const ask = (path: string): Promise<unknown> =>
      firstValueFrom(from(httpCheck(path)({ at: 0, url: `${server.url}/rooms?key=secret` })))
    expect([await ask('/up'), await ask('/down')]).toEqual([true, false])
    await firstValueFrom(server.close())
    expect(await ask('/up')).toBe(false)
  })
})
