import { firstValueFrom, interval, take } from 'rxjs'
import * as E from '#fp/Either'
import { createClient } from '../../lib/index.js'
import { endpoints } from '../../lib/features/endpoints/index.js'
import { memory, serve, type Server } from '../../lib/node/index.js'
import { Numbers } from '../support/chat.js'
import { right } from '../support/seen.js'
import { until } from '../support/until.js'

const started = async (engine: ReturnType<typeof memory>): Promise<Server> =>
  right(await firstValueFrom(serve({ port: 0, engine })))

describe('two servers on one engine over ws', () => {
  it('[EP11] [SV250] under traffic a client moves: all messages once and in order, all sends settled, never offline', async () => {
    const engine = memory()
    const [a, b] = [await started(engine), await started(engine)]
    const [ana, ben] = [createClient({ url: endpoints([a.url, b.url]) }), createClient({ url: b.url })]
    const [heard, states, receipts]: [number[], string[], boolean[]] = [[], [], []]
    ana
      .room('lobby', Numbers)
      .on('message')
      .subscribe((result) => {
        const { data } = right(result)
        heard.push(data)
      })
    const [hers, his] = [ana.room('lobby', Numbers), ben.room('lobby', Numbers)]
    right(await firstValueFrom(hers.join()))
    right(await firstValueFrom(his.join()))
    ana.state$.subscribe(({ _tag }) => states.push(_tag))
    const send = (n: number): void => {
      if (n === 200) a.drain({ to: '*', spreadMs: 100, drainMs: 5_000 })
      hers.send('message', 2 * n).subscribe((result) => receipts.push(E.isRight(result)))
      his.send('message', 2 * n + 1).subscribe((result) => receipts.push(E.isRight(result)))
    }
    interval(2).pipe(take(600)).subscribe(send)
    await until('all messages and receipts', () => heard.length >= 1_200 && receipts.length >= 1_200)
    right(await firstValueFrom(ana.close()))
    right(await firstValueFrom(ben.close()))
    expect(receipts).toEqual(Array.from({ length: 1_200 }, () => true))
    expect(new Set(heard).size).toBe(heard.length)
    for (const rest of [0, 1]) {
      const own = heard.filter((n) => n % 2 === rest)
      expect(own).toEqual([...own].sort((x, y) => x - y))
    }
    expect(heard).toHaveLength(1_200)
    expect(states.filter((tag) => tag !== 'Online')).toEqual(['Closed'])
    for (const server of [a, b]) await firstValueFrom(server.close())
    engine.close()
  })
})
