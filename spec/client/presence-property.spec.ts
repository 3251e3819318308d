import fc from 'fast-check'
import * as E from '#fp/Either'
import { tokens } from '../../lib/kernel/tokens.js'
import { presence, type Roster } from '../../lib/features/presence/index.js'
import { seeded } from '../../lib/testing/random.js'
import { unreliable } from '../../lib/testing/unreliable.js'
import { world } from '../../lib/testing/world.js'
import { Chat } from '../support/chat.js'
import { right, see, type Seen } from '../support/seen.js'
import type { Result } from '../../lib/core/result.js'
import { tap } from '../support/wire.js'

type Act =
  | { readonly _tag: 'come' | 'go' | 'disconnect' | 'connect' | 'cut' | 'kick' | 'page' | 'all'; readonly who: number }
  | { readonly _tag: 'set'; readonly who: number; readonly value: number }
  | { readonly _tag: 'restart' | 'renew' | 'drain' }
  | { readonly _tag: 'wait'; readonly ms: number }

const clients = 3
const who = fc.nat(clients - 1)
const acts = (weight: number, ...tags: readonly Extract<Act, { readonly who: number }>['_tag'][]) => ({
  weight,
  arbitrary: fc.record({ _tag: fc.constantFrom(...tags), who }) as fc.Arbitrary<Act>,
})
const act: fc.Arbitrary<Act> = fc.oneof(
  acts(5, 'come'),
  acts(3, 'go', 'cut'),
  acts(1, 'disconnect', 'kick', 'page', 'all'),
  acts(2, 'connect'),
  { weight: 5, arbitrary: fc.record({ _tag: fc.constant('set' as const), who, value: fc.nat(9) }) },
  {
    weight: 1,
    arbitrary: fc.record({ _tag: fc.constantFrom('restart' as const, 'drain' as const, 'renew' as const) }),
  },
  { weight: 6, arbitrary: fc.record({ _tag: fc.constant('wait' as const), ms: fc.nat(6_000) }) },
)

/** The members that follow from the changes alone, from the first roster on. Fails on one that joins or leaves twice. */
const replayed = (rosters: readonly Roster[]): void => {
  let known: Map<string, unknown> | undefined
  let view = ''
  for (const roster of rosters) {
    if (!('members' in roster) || roster.view !== view) known = undefined
    view = roster.view
    if (!('members' in roster)) continue
    const members = new Map(roster.members.map((member) => [member.session, member.state]))
    if (known) {
      for (const { _tag, member } of roster.changes) {
        expect([_tag, known.has(member.session)]).toEqual([_tag, _tag !== 'Joined'])
        if (_tag === 'Left') known.delete(member.session)
        else known.set(member.session, member.state)
      }
      expect(Object.fromEntries(known)).toEqual(Object.fromEntries(members))
    }
    known = members
  }
}

describe('presence, under any interleaving', () => {
  it('[PS11] every roster becomes the members that are there, its changes lead from roster to roster, and a return to the same gets no row', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 30 }), fc.nat(), (script, seed) => {
        const random = seeded(seed)
        const { client, network, time, server, restart, end } = world({
          seed,
          authenticate: ({ token = '' }) => [{ user: token }],
          between: (engine, scheduler) =>
            unreliable(engine, { scheduler, random, delayMs: 20, failEvery: 40, loseAnswers: 40 }),
        })
        const all = Array.from({ length: clients }, (_, at) => {
          const made = client({ host: `c${at}`, lingerMs: 0, token: tokens(() => `u${at}`) })
          return { made, room: made.room('lobby', Chat).with(presence) }
        })
        const seen = new Map<number, Seen<Result<Roster>>>()
        const ended: Seen<Result<Roster>>[] = []
        const states = new Map<number, unknown>()
        const wanted = all.map(() => true)
        for (const each of script) {
          switch (each._tag) {
            case 'come':
              if (!seen.has(each.who)) seen.set(each.who, see(all[each.who]!.room.members$))
              break
            case 'go': {
              const stream = seen.get(each.who)
              stream?.stop()
              if (stream) ended.push(stream)
              time.advanceBy(1)
              seen.delete(each.who)
              states.delete(each.who)
              break
            }
            case 'set':
              // A state needs a hold, or it stays for the next one.
              if (!seen.has(each.who)) break
              see(all[each.who]!.room.me.set(each.value))
              states.set(each.who, each.value)
              break
            case 'cut':
              network.host(`c${each.who}`).cut()
              break
            case 'kick':
              server().kick('lobby', `u${each.who}`)
              break
            case 'disconnect':
              wanted[each.who] = false
              all[each.who]!.made.disconnect()
              break
            case 'connect':
              wanted[each.who] = true
              all[each.who]!.made.connect()
              break
            case 'page':
              all[each.who]!.room.view({ page: { limit: 1 } })
              break
            case 'all':
              all[each.who]!.room.view('all')
              break
            case 'restart':
              restart()
              break
            case 'drain':
              server().drain({ drainMs: 500, spreadMs: 500 })
              time.advanceBy(3_000)
              restart()
              break
            case 'renew':
              restart({ engine: 'new' })
              break
            case 'wait':
              time.advanceBy(each.ms)
          }
        }
        time.advanceBy(5_000)
        // Everybody who holds the room is in it: a kick needs another join.
        for (const [at, each] of all.entries()) {
          each.made.connect()
          each.room.view('all')
          if (seen.has(at)) see(each.room.join())
        }
        time.advanceBy(90_000)
        for (const [at, each] of all.entries()) if (seen.has(at)) see(each.room.leave())
        time.advanceBy(1_000)
        const truth = [...seen.keys()].sort().map((at) => [`u${at}`, states.get(at)])
        for (const stream of seen.values()) {
          const last = stream.all.filter(E.isRight).map(right).at(-1)!
          expect(last).toMatchObject({ view: 'all', isLive: true })
          const members = 'members' in last ? last.members.map(({ user, state }) => [user, state] as const) : []
          expect([...members].sort(([a], [b]) => a.localeCompare(b))).toEqual(truth)
        }
        for (const stream of [...seen.values(), ...ended]) replayed(stream.all.filter(E.isRight).map(right))
        const wire = tap(network)
        network.cut()
        time.advanceBy(60_000)
        expect([...wire.down('rows'), ...wire.down('count')]).toEqual([])
        expect(end()).toBe(0)
      }),
      { numRuns: Number(process.env['RUNS'] ?? 40) },
    )
  })
})
