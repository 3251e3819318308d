import { timer } from 'rxjs'
import { rooms } from '../../lib/testing/rooms.js'
import { Chat } from '../support/chat.js'
import { see } from '../support/seen.js'

const HOUR = 3_600_000
const DAY = 24 * HOUR

describe('a run with much in it', () => {
  it('[TE18] brings a thousand clients back after an outage, spread over time', () => {
    const tests = rooms.with({ seed: 1, untilMs: 80_000 })
    tests.run(({ client, server, at, flush, time }) => {
      const back: number[] = []
      for (let each = 0; each < 1_000; each++) {
        const one = client({ backoff: { firstMs: 20_000 } })
        one.connect()
        one.state$.subscribe(({ _tag }) => _tag === 'Online' && time.now() > 40_000 && back.push(time.now()))
      }
      at(10_000, () => {
        expect(server.server().metrics().sessions).toBe(1_000)
        server.stop()
      })
      at(40_000, () => server.restart())
      at(75_000, () => {
        expect(server.server().metrics().sessions).toBe(1_000)
        expect(Math.max(...back) - Math.min(...back)).toBeGreaterThan(10_000)
      })
      flush()
    })
  })

  it('[TE18] is two weeks without a server: what waits too long is told, and the rest goes on', () => {
    rooms.with({ untilMs: 15 * DAY + HOUR }).run(({ client, server, at, flush }) => {
      const ana = client({ as: 'ana', backoff: { capMs: HOUR } })
      const room = ana.room('lobby', Chat)
      const heard = see(room.on('message'))
      const lost = see(ana.undelivered$)
      const states = see(ana.state$)
      server.script('1d s 14d r', { s: server.stop, r: server.restart })
      at(DAY + 1, () => room.post('message', { text: 'too late' }))
      server.member('ben').at(15 * DAY + 60_000).join('lobby').say('message', { text: 'welcome back' }) // prettier-ignore
      flush()
      expect(lost.all.map(({ error }) => error.code)).toEqual(['delivery/timeout'])
      expect(states.all.filter(({ _tag }) => _tag === 'Waiting').length).toBeGreaterThan(14 * 24)
      expect(heard.all).toMatchObject([{ right: { data: { text: 'welcome back' } } }])
    })
  })

  it('[TE19] takes as many of rxjs own timers as of its own', () => {
    const count = 20_000
    rooms.with({ untilMs: 100_000 }).run(({ flush }) => {
      let ran = 0
      for (let each = 0; each < count; each++) timer((each * 7_919) % 100_000).subscribe(() => ran++)
      flush()
      expect(ran).toBe(count)
    })
  })
})
