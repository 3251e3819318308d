// Virtual time: node bench/virtual.mjs [week] [year] [herd] [herds] [timers]; without names, all of them but the year.
import { performance } from 'node:perf_hooks'
import { EMPTY, timer } from 'rxjs'
import { anything } from 'rx-rooms'
import { rooms, virtualTime } from 'rx-rooms/testing'

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** One client through so many days: a drop a day, a token an hour, heartbeats by default. */
const days = (count) =>
  rooms.with({ users: { ana: { expiresInMs: HOUR } }, untilMs: count * DAY }).run(({ client, server, at }) => {
    const ana = client({ as: 'ana' })
    let online = 0
    ana.state$.subscribe(({ _tag }) => (online += _tag === 'Online' ? 1 : 0))
    ana.room('lobby', anything).messages().subscribe()
    for (let day = 1; day < count; day++) at(day * DAY, () => server.drop())
    at(count * DAY, () => {
      if (online < count) throw new Error(`online ${online} times`)
    })
  })

/** So many clients in one room lose their server for a minute, and come back. */
const herd = (count) =>
  rooms
    .with({ seed: 1, untilMs: 180_000, budgets: { server: { greetings: count, connections: Infinity } } })
    .run(({ client, server, at }) => {
      let online = 0
      for (let each = 0; each < count; each++) {
        const one = client()
        one.room('lobby', anything).messages().subscribe()
        one.state$.subscribe(({ _tag }) => (online += _tag === 'Online' ? 1 : 0))
      }
      at(10_000, () => server.stop())
      at(70_000, () => server.restart())
      at(180_000, () => {
        if (online < 2 * count) throw new Error(`online ${online} times`)
      })
    })

/** So many timers of rxjs' operators. */
const timers = (count) => {
  const time = virtualTime()
  for (let each = 0; each < count; each++) timer((each * 7_919) % 100_000, time).subscribe()
  time.run()
}
const marbleTimers = (count) =>
  rooms.with({ untilMs: 100_000 }).run(({ expectObservable }) => {
    for (let each = 0; each < count; each++) timer((each * 7_919) % 100_000).subscribe()
    expectObservable(EMPTY).toBe('|')
  })

const figures = {
  week: ['a week of one client', () => days(7)],
  year: ['a year of one client', () => days(365)],
  herd: ['1 000 clients after an outage of a minute', () => herd(1_000)],
  herds: ['10 000 clients after an outage of a minute', () => herd(10_000)],
  timers: ['20 000 timers in virtualTime', () => timers(20_000)],
  marbles: ['20 000 timers of asyncScheduler in rooms.run', () => marbleTimers(20_000)],
}

const asked = process.argv.slice(2)
const chosen = asked.length > 0 ? asked : Object.keys(figures).filter((name) => name !== 'year')
for (const name of chosen) {
  const [what, work] = figures[name]
  if (name === 'week') work()
  const start = performance.now()
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  const ms = (count) => `${Math.round(count).toString().padStart(6)} ms`
  console.log(`${what.padEnd(46)} ${ms(performance.now() - start)}, ${ms((user + system) / 1_000)} of the processor`)
}
