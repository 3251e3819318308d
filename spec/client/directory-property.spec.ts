import fc from 'fast-check'
import * as E from '#fp/Either'
import { tokens } from '../../lib/kernel/tokens.js'
import { anything } from '../../lib/contract/contract.js'
import { directory } from '../../lib/features/directory/index.js'
import { creation, roomLife } from '../../lib/features/room-life/index.js'
import { memory } from '../../lib/server/memory.js'
import { seeded } from '../../lib/testing/random.js'
import { unreliable } from '../../lib/testing/unreliable.js'
import { listed } from '../support/directory.js'
import { twoServers } from '../support/leadership.js'
import { right, see, type Seen } from '../support/seen.js'

type Act =
  | {
      readonly _tag: 'create' | 'hide' | 'show' | 'close' | 'hold' | 'leave'
      readonly who: number
      readonly room: number
    }
  | { readonly _tag: 'cut'; readonly who: number }
  | { readonly _tag: 'move'; readonly who: number; readonly to: 0 | 1 }
  | { readonly _tag: 'restart'; readonly at: 0 | 1 }
  | { readonly _tag: 'wait'; readonly ms: number }

const clients = 3
const rooms = 3
const who = fc.nat(clients - 1)
const at = fc.constantFrom(0 as const, 1 as const)
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      _tag: fc.constantFrom('create' as const, 'create' as const, 'hide', 'show', 'close', 'hold', 'hold', 'leave'),
      who,
      room: fc.nat(rooms - 1),
    }) as fc.Arbitrary<Act>,
  },
  { weight: 2, arbitrary: fc.record({ _tag: fc.constant('cut' as const), who }) },
  { weight: 1, arbitrary: fc.record({ _tag: fc.constant('move' as const), who, to: at }) },
  { weight: 1, arbitrary: fc.record({ _tag: fc.constant('restart' as const), at }) },
  { weight: 6, arbitrary: fc.record({ _tag: fc.constant('wait' as const), ms: fc.nat(3_000) }) },
)

describe('the directory, under any interleaving', () => {
  it('[DR14] every view becomes the visible rooms with the members that are there, at each server', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 40, size: 'max' }), fc.nat(), (script, seed) => {
        const random = seeded(seed)
        const faults = { failEvery: 20, loseAnswers: 20 }
        const { time, both, use, transport, close } = twoServers({}, (scheduler) =>
          unreliable(memory({ scheduler, wall: () => scheduler.now() }), {
            scheduler,
            random,
            delayMs: 20,
            get failEvery() {
              return faults.failEvery
            },
            get loseAnswers() {
              return faults.loseAnswers
            },
          }),
        )
        const host = (each: number, on: 0 | 1) => both[on].network.host(`u${each}`)
        const all = Array.from({ length: clients }, (_, each) => {
          use(`u${each}`, each === 0 ? 0 : 1)
          const client = both[0].client({
            transport: transport(`u${each}`),
            token: tokens(() => `u${each}`),
            lingerMs: 0,
          })
          return client.with(directory, creation)
        })
        const held = new Map<string, Seen<unknown>>()
        const seen = all.map((each) => see(each.rooms$()))
        for (const each of script) {
          switch (each._tag) {
            case 'create':
              see(all[each.who]!.create({ name: `r${each.room}` }))
              break
            case 'hide':
            case 'show':
              see(
                all[each.who]!.room(`r${each.room}`, anything)
                  .with(roomLife)
                  .update({ visible: each._tag === 'show' }),
              )
              break
            case 'close':
              see(all[each.who]!.room(`r${each.room}`, anything).with(roomLife).close())
              break
            case 'hold': {
              const key = `${each.who} r${each.room}`
              if (!held.has(key)) held.set(key, see(all[each.who]!.room(`r${each.room}`, anything).messages()))
              break
            }
            case 'leave':
              held.get(`${each.who} r${each.room}`)?.stop()
              held.delete(`${each.who} r${each.room}`)
              break
            case 'cut':
              for (const on of [0, 1] as const) host(each.who, on).cut()
              break
            case 'move':
              use(`u${each.who}`, each.to)
              for (const on of [0, 1] as const) host(each.who, on).cut()
              break
            case 'restart':
              // What a server has written of a record and not of the directory is lost with it.
              time.advanceBy(15_000)
              both[each.at].restart()
              break
            case 'wait':
              time.advanceBy(each.ms)
          }
        }
        Object.assign(faults, { failEvery: Infinity, loseAnswers: Infinity })
        time.advanceBy(10_000)
        // Whoever was put out of a room that was closed, and then made again, joins it again.
        for (const key of held.keys()) {
          const [each = '0', name = ''] = key.split(' ')
          see(all[Number(each)]!.room(name, anything).join())
        }
        time.advanceBy(120_000)
        const infos = Array.from({ length: rooms }, (_, room) => {
          const info = see(both[0].server().rooms.get(`r${room}`).info())
          time.advanceBy(1_000)
          const [answer] = info.all
          return [`r${room}`, answer && E.isRight(answer) ? answer.right : undefined] as const
        })
        const truth = infos
          .filter(([, info]) => info?.visible && !info.closed)
          .map(([name]) => {
            const members = [...held.keys()].filter((key) => key.endsWith(` ${name}`)).length
            return `${name} ${members}/${members}`
          })
        expect(seen.map(listed)).toEqual(seen.map(() => truth))
        for (const { all: states } of seen)
          expect(right(states.at(-1)!)).toMatchObject({ isLive: true, isComplete: true })
        close()
      }),
      { numRuns: Number(process.env['RUNS'] ?? 40) },
    )
  })
})
