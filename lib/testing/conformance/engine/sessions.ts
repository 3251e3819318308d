import type { ClaimOutcome, Granted, SessionClaim } from '../../../server/engine.js'
import type { Case } from '../case.js'
import { equals, holds, matches } from '../check.js'
import { type EngineBench, type EngineCase, entries, entry, offsetsOf, range } from './bench.js'

const claimant = { user: 'u', instance: 'i', generation: 5 }

/** Cases about claims of sessions. */
export const sessionCases = (of: EngineCase): readonly Case[] => [
  of('[EN15] a claim is granted iff its generation is higher than any before', async (bench) => {
    const first = await granted(bench, claimant)
    matches('first', first, { resumed: false })
    holds('the secret lives for some time', first.expiresInMs > 0)
    holds('the secret is not what others see', first.resume !== first.session)
    for (const generation of [5, 4, 0])
      equals(`generation ${generation}`, await claim(bench, { ...claimant, generation, resume: first.resume }), {
        _tag: 'Superseded',
      })
    await granted(bench, { ...claimant, generation: 6 })
    equals('generation 6 again', await claim(bench, { ...claimant, generation: 6 }), { _tag: 'Superseded' })
  }),

  of('[EN15] the secret continues the session, and nothing else does', async (bench) => {
    const { session, resume } = await granted(bench, claimant)
    const next = await granted(bench, { ...claimant, generation: 6, resume })
    matches('with the secret', next, { session, resumed: true })
    const wrong: readonly ((held: Granted) => Partial<SessionClaim>)[] = [
      () => ({}),
      () => ({ resume: 'guess' }),
      (held) => ({ resume: held.session }),
      () => ({ resume }),
    ]
    for (const [index, secret] of wrong.entries()) {
      const other = { ...claimant, instance: `other ${index}` }
      const held = await granted(bench, other)
      const after = await granted(bench, { ...other, ...secret(held), generation: 6 })
      equals('resumed', after.resumed, false)
      holds('it is another session', after.session !== held.session)
    }
  }),

  of('[EN15] users and instances are apart', async (bench) => {
    const sessions = [
      await granted(bench, claimant),
      await granted(bench, { ...claimant, user: 'v' }),
      await granted(bench, { ...claimant, instance: 'j' }),
    ]
    for (const between of ['\n', ':', '/', '\0']) {
      sessions.push(await granted(bench, { ...claimant, user: `a${between}b`, instance: 'c' }))
      sessions.push(await granted(bench, { ...claimant, user: 'a', instance: `b${between}c` }))
      sessions.push(await granted(bench, { ...claimant, user: 'b', instance: `c${between}a` }))
    }
    equals('different sessions', new Set(sessions.map(({ session }) => session)).size, sessions.length)
    const stolen = { ...claimant, user: 'v', generation: 6, resume: sessions[0]?.resume ?? '' }
    equals("another user's secret", (await granted(bench, stolen)).resumed, false)
  }),

  of('[EN60] a session keeps its start for its life, and another one has its own', async (bench) => {
    const first = await granted(bench, claimant)
    if (first.since === undefined) return
    const next = await granted(bench, { ...claimant, generation: 6, resume: first.resume })
    equals('the start of a continued session', next.since, first.since)
    const other = await granted(bench, { ...claimant, generation: 7 })
    holds('another session starts no earlier', (other.since ?? -1) >= first.since)
  }),

  of('[EN61] the secret of a revoked session resumes nothing, and a claim without it gets another', async (bench) => {
    const [held, other, stranger] = [
      await granted(bench, claimant),
      await granted(bench, { ...claimant, instance: 'j' }),
      await granted(bench, { ...claimant, user: 'v' }),
    ]
    if (!(await revoke(bench, 'u', held.session))) return
    const again = { ...claimant, generation: 6, resume: held.resume }
    equals('with the secret', await claim(bench, again), { _tag: 'Revoked' })
    equals('once more', await claim(bench, { ...again, generation: 7 }), { _tag: 'Revoked' })
    const fresh = await granted(bench, { ...claimant, generation: 8 })
    equals('resumed', fresh.resumed, false)
    holds('it is another session', fresh.session !== held.session && fresh.resume !== held.resume)
    equals('a guess', (await granted(bench, { ...again, generation: 9 })).resumed, false)
    const { resume } = other
    matches('another instance', await granted(bench, { ...claimant, instance: 'j', generation: 6, resume }), {
      resumed: true,
    })
    const theirs = { ...claimant, user: 'v', generation: 6, resume: stranger.resume }
    matches('another user', await granted(bench, theirs), { resumed: true })
  }),

  of('[EN61] all sessions of a user can be revoked, and no others', async (bench) => {
    const all = await Promise.all(range(1, 5).map((n) => granted(bench, { ...claimant, instance: `i${n}` })))
    const stranger = await granted(bench, { ...claimant, user: 'v' })
    if (!(await revoke(bench, 'u'))) return
    for (const [index, { resume }] of all.entries())
      equals('revoked', await claim(bench, { ...claimant, instance: `i${index + 1}`, generation: 6, resume }), {
        _tag: 'Revoked',
      })
    const theirs = { ...claimant, user: 'v', generation: 6, resume: stranger.resume }
    matches('another user', await granted(bench, theirs), { resumed: true })
  }),

  of('[EN15] of equal claims at once one is granted', async (bench) => {
    const outcomes = await Promise.all([1, 2, 3, 4].map(() => claim(bench, claimant)))
    equals('granted', outcomes.filter(({ _tag }) => _tag === 'Granted').length, 1)
  }),
]

/** Cases about engines whose rooms and sessions survive the process. */
export const reopeningCases = (of: EngineCase): readonly Case[] => [
  of('[EN1] [EN3] [EN8] closed and opened again, it goes on where it was', async (bench) => {
    const outcomes = await bench.outcomes('r', ...entries(1, 20))
    await bench.append('s', entry(1))
    const before = { head: await bench.head('r'), log: await bench.log('r'), lanes: bench.engine().lanes?.('u') }
    await bench.reopen('closed')
    equals('head', await bench.head('r'), before.head)
    equals('log', await bench.log('r'), before.log)
    equals('the name of what is remembered of lanes', bench.engine().lanes?.('u'), before.lanes)
    equals(
      'outcomes',
      await bench.outcomes('r', ...entries(1, 20, { retry: true })),
      outcomes.map((each) => ({ ...each, repeated: true })),
    )
    const feed = await bench.follow('r', { epoch: before.head.epoch, offset: 18 })
    equals('goes on', await bench.append('r', entry(21, { after: 20, retry: true })), ['21'])
    await bench.until('what was missed, and what is new', () => feed.messages().length >= 3)
    equals('offsets', offsetsOf(feed.messages()), [19, 20, 21])
  }),

  of(
    '[EN9] [EN14] killed and opened again, it has all that it had answered, or says that it has not',
    async (bench) => {
      await bench.append('r', ...entries(1, 20))
      const before = { ...(await bench.head('r')), lanes: bench.engine().lanes?.('u') }
      await bench.reopen('killed')
      const [word = ''] = await bench.append('r', entry(20, { retry: true }))
      const { epoch } = await bench.head('r')
      if (epoch === before.epoch) equals('offsets', offsetsOf(await bench.log('r')), range(1, 20))
      else {
        const feed = await bench.follow('r', { epoch: before.epoch, offset: 20 })
        matches('base', feed.told[0], { epoch, recovered: false, because: 'epoch' })
      }
      holds(
        `a retry is answered as before or as unknown, and not ${word}`,
        ['again 20', 'delivery/unknown'].includes(word),
      )
      const isForgotten = word === 'delivery/unknown'
      const hasName = before.lanes !== undefined
      if (isForgotten && hasName)
        holds('lanes that are lost change the name', bench.engine().lanes?.('u') !== before.lanes)
    },
  ),

  of('[EN15] closed and opened again, it knows who may speak', async (bench) => {
    const { session, resume } = await granted(bench, claimant)
    await bench.reopen('closed')
    equals('the same claim', await claim(bench, claimant), { _tag: 'Superseded' })
    matches('the next', await granted(bench, { ...claimant, generation: 6, resume }), { session, resumed: true })
  }),

  of('[EN60] [EN61] closed and opened again, it knows starts, and which sessions are revoked', async (bench) => {
    const [held, other] = [await granted(bench, claimant), await granted(bench, { ...claimant, instance: 'j' })]
    const isRevoked = await revoke(bench, 'u', held.session)
    await bench.reopen('closed')
    const next = { ...claimant, instance: 'j', generation: 6, resume: other.resume }
    equals('the start', (await granted(bench, next)).since, other.since)
    if (!isRevoked) return
    equals('with the secret', await claim(bench, { ...claimant, generation: 6, resume: held.resume }), {
      _tag: 'Revoked',
    })
    equals('without', (await granted(bench, { ...claimant, generation: 7 })).resumed, false)
  }),
]

/** Revokes sessions. Returns false if the engine cannot. */
const revoke = async ({ ask, engine }: EngineBench, user: string, session?: string): Promise<boolean> => {
  const { revoke: call } = engine()
  if (!call) return false
  await ask(call(user, session), `the revocation of ${user}`)
  return true
}

const claim = ({ ask, engine }: EngineBench, of: SessionClaim): Promise<ClaimOutcome> =>
  ask(engine().claim(of), `the claim of generation ${of.generation}`)

const granted = async (bench: EngineBench, of: SessionClaim): Promise<Granted> => {
  const outcome = await claim(bench, of)
  holds(`generation ${of.generation} of ${of.user}, ${of.instance} is granted`, outcome._tag === 'Granted')
  return outcome
}
