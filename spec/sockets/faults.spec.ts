import { firstValueFrom } from 'rxjs'
import * as E from '#fp/Either'
import { type Client, createClient } from '../../lib/index.js'
import { serve, type Server } from '../../lib/node/index.js'
import { memory } from '../../lib/server/memory.js'
import { data, Numbers } from '../support/chat.js'
import { faultProxy, type FaultProxy } from '../support/fault-proxy.js'
import { see, type Seen } from '../support/seen.js'
import { until } from '../support/until.js'

const quick = { floorMs: 5, firstMs: 20, capMs: 50, factor: 2 }
const heartbeat = { intervalMs: 150, graceMs: 150 }

interface Scene {
  readonly proxy: FaultProxy
  readonly flaky: Client
  readonly steady: Client
  readonly offered: Seen<unknown>
  readonly states: Seen<{ readonly _tag: string }>
  readonly post: (from: number, to: number) => void
  readonly got: () => readonly unknown[]
}

const numbers = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, at) => from + at)

describe('real sockets behind a TCP proxy that misbehaves', () => {
  let scene: Scene
  let stop: () => Promise<void>

  beforeEach(async () => {
    const engine = memory()
    let server: Server | undefined
    serve({ port: 0, engine, heartbeat }).subscribe((result) => {
      if (E.isRight(result)) server = result.right
    })
    await until('the server listens', () => server !== undefined)
    const port = server?.port ?? 0
    const proxy = await faultProxy(port)
    const flaky = createClient({ url: `ws://127.0.0.1:${proxy.port}`, backoff: quick })
    const steady = createClient({ url: `ws://127.0.0.1:${port}`, backoff: quick })
    const all = see(flaky.room('numbers', Numbers).on('message'))
    const states = see(flaky.state$)
    expect(E.isRight(await firstValueFrom(flaky.room('numbers', Numbers).join()))).toBe(true)
    const room = steady.room('numbers', Numbers)
    scene = {
      proxy, flaky, steady, offered: all, states,
      post: (from, to) => { for (const number of numbers(from, to)) void room.post('message', number) },
      got: () => data(all.all),
    } // prettier-ignore
    stop = async () => {
      await Promise.all([firstValueFrom(flaky.close()), firstValueFrom(steady.close())])
      void server?.close()
      engine.close()
      await proxy.close()
    }
  })
  afterEach(() => stop())

  const allArrived = (to: number) => until(`all ${to} have arrived`, () => scene.got().length >= to)
  const exactly = (to: number): void => {
    expect(scene.got()).toEqual(numbers(1, to))
  }
  const online = () => until('it is online', () => scene.states.last()._tag === 'Online')
  const losses = (): number => scene.states.all.filter(({ _tag }) => _tag === 'Waiting').length
  const lostOnce = () => until('it noticed', () => losses() > 0)

  it.each(['rst', 'fin'] as const)('[TR50] a %s in the middle of a stream loses and doubles nothing', async (how) => {
    scene.post(1, 200)
    await until('some have arrived', () => scene.got().length > 0)
    scene.proxy.cut(how)
    scene.post(201, 400)
    await allArrived(400)
    exactly(400)
  })

  it('[TR51] cuts in the middle of frames, ten in a row, lose and double nothing', async () => {
    for (let round = 0; round < 10; round++) {
      await online()
      scene.proxy.cutAfter(700 + 37 * round)
      scene.post(round * 50 + 1, round * 50 + 50)
      await allArrived(round * 50 + 50)
    }
    exactly(500)
    expect(losses()).toBeGreaterThanOrEqual(10)
  })

  it('[TR52] one byte at a time changes nothing', async () => {
    scene.proxy.chunk(1)
    scene.post(1, 30)
    await allArrived(30)
    exactly(30)
  })

  it('[TR53] a stall shorter than the grace loses no link and no message', async () => {
    scene.proxy.stall(true)
    scene.post(1, 50)
    scene.proxy.stall(false)
    await allArrived(50)
    exactly(50)
    expect(losses()).toBe(0)
  })

  it('[P4] a black hole is noticed within interval and grace, and what was missed arrives once', async () => {
    scene.proxy.blackhole(true)
    scene.post(1, 50)
    await lostOnce()
    scene.proxy.blackhole(false)
    await allArrived(50)
    exactly(50)
  })

  it('[TR54] what the flaky side sends is logged once and in order, whatever the link does meanwhile', async () => {
    const seen = see(scene.steady.room('numbers', Numbers).on('message'))
    expect(E.isRight(await firstValueFrom(scene.steady.room('numbers', Numbers).join()))).toBe(true)
    const room = scene.flaky.room('numbers', Numbers)
    const receipts: Seen<unknown>[] = []
    for (let round = 0; round < 6; round++) {
      await online()
      scene.proxy.cutAfter(400 + 150 * round)
      for (const number of numbers(round * 50 + 1, round * 50 + 50)) receipts.push(see(room.post('message', number)))
      await until('all are settled', () => receipts.every(({ isComplete }) => isComplete()))
    }
    expect(losses()).toBeGreaterThanOrEqual(6)
    expect(receipts.map(({ only }) => only()).filter((result) => (result as { _tag: string })._tag === 'Left')).toEqual(
      [],
    )
    await until('all have arrived', () => seen.all.length >= 300)
    expect(data(seen.all)).toEqual(numbers(1, 300))
  })
})
