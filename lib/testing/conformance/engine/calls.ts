import * as E from '#fp/Either'
import type { Case } from '../case.js'
import { equals, holds } from '../check.js'
import { type EngineCase, range } from './bench.js'
import { claimsAre, ledgerBench } from './ledger.js'

/** Cases about claims, outcomes and cancels of commands. */
const claimCases = (of: EngineCase): readonly Case[] => [
  of('[EN77] of claims of a command at once, by whichever server, one is the first', async (bench) => {
    const { lease, claim } = ledgerBench(bench)
    await lease('one')
    await lease('two')
    const by = ['one', 'two', 'one', 'two', 'two']
    const words = await Promise.all(by.map((each) => claim('a', { lease: each })))
    equals('words', [...words].sort(), ['First', 'Running', 'Running', 'Running', 'Running'])
    equals('later', [await claim('a', { lease: 'two' }), await claim('a')], ['Running', 'Running'])
  }),

  of('[EN77] commands of users and ids are apart', async (bench) => {
    const { lease, claim } = ledgerBench(bench)
    await lease('one')
    const words = [await claim('a'), await claim('b'), await claim('a', { user: 'v' })]
    for (const between of ['\n', ':', '/', '\0', '1:'])
      for (const [user, id] of [
        [`a${between}b`, 'c'],
        ['a', `b${between}c`],
        [`b${between}c`, 'a'],
      ] as const)
        words.push(await claim(id, { user }))
    equals('words', new Set(words), new Set(['First']))
  }),

  of('[EN78] a settled command is done, with its first outcome, whatever comes later', async (bench) => {
    const { lease, claim, settle, cancel } = ledgerBench(bench)
    await lease('one')
    await claim('a')
    await claim('empty')
    await claim('none')
    await Promise.all([settle('a', '{"текст":"\u2028"}'), settle('a', 'second')])
    await settle('empty', '')
    await settle('none')
    await settle('none', 'late')
    equals('again', [await claim('a'), await cancel('a')], ['Done: {"текст":"\u2028"}', 'Done: {"текст":"\u2028"}'])
    equals('others', [await claim('empty'), await claim('none')], ['Done: ', 'Done'])
    await lease('one', 0)
    equals('after its lease', await cancel('a'), 'Done: {"текст":"\u2028"}')
  }),

  of('[EN78] to settle a command that nobody has claimed has no effect', async (bench) => {
    const { lease, claim, settle } = ledgerBench(bench)
    await lease('one')
    await settle('a', 'early')
    equals('then', [await claim('a'), await claim('a')], ['First', 'Running'])
  }),

  of('[EN79] a command that was cancelled before it was claimed never runs', async (bench) => {
    const { lease, claim, settle, cancel } = ledgerBench(bench)
    await lease('one')
    equals('cancelled', [await cancel('a'), await cancel('a')], ['Cancelled', 'Cancelled'])
    await settle('a', 'never')
    equals('claimed', await claim('a'), 'Cancelled')
    await claim('b')
    equals('too late', [await cancel('b'), await claim('b')], ['Running', 'Running'])
  }),

  of('[EN79] of a claim and a cancel at once, one comes first', async (bench) => {
    const { lease, claim, cancel } = ledgerBench(bench)
    await lease('one')
    for (const n of range(1, 20)) {
      const id = `c${n}`
      const cancels = n % 2 === 0 ? [cancel(id)] : []
      const claims = claim(id)
      const [claimed, cancelled] = await Promise.all([claims, cancels[0] ?? cancel(id)])
      const words = `${claimed} ${cancelled}`
      holds(`${words} agree`, ['First Running', 'Cancelled Cancelled'].includes(words))
    }
  }),

  of('[EN83] an outcome of more than 64 KiB is not kept', async (bench) => {
    const { lease, claim, settle } = ledgerBench(bench)
    await lease('one')
    for (const id of ['most', 'more', 'wide']) await claim(id)
    await settle('most', 'x'.repeat(65_536))
    await settle('more', 'x'.repeat(65_537))
    await settle('wide', 'ж'.repeat(32_769))
    equals('most', (await claim('most')).length, 'Done: '.length + 65_536)
    await claimsAre(ledgerBench(bench), 'more', { more: 'Done', wide: 'Done' })
  }),
]

/** Cases about leases, and about those who watch. */
const lossCases = (of: EngineCase): readonly Case[] => [
  of('[EN80] the end of a lease loses the running commands of its server, and no others', async (bench) => {
    const { lease, claim, settle } = ledgerBench(bench)
    await lease('one')
    await lease('two')
    for (const id of ['a', 'done']) await claim(id)
    await claim('b', { lease: 'two' })
    await settle('done', 'yes')
    await lease('one', 0)
    await settle('a', 'late')
    const by = { lease: 'two' }
    equals(
      'by the other',
      [await claim('a', by), await claim('b', by), await claim('done', by)],
      ['Lost', 'Running', 'Done: yes'],
    )
    await lease('one')
    equals('with the lease again', [await claim('a'), await claim('c')], ['Lost', 'First'])
  }),

  of('[EN80] without a lease in force a first claim fails, and nothing is remembered', async (bench) => {
    const { calls, lease, claim, attempt } = ledgerBench(bench)
    await lease('one')
    await claim('known')
    const by = (id: string, name: string) => attempt(calls().claim({ user: 'u', id, lease: name }))
    await lease('ended')
    await lease('ended', 0)
    equals('failures', [E.isLeft(await by('a', 'unknown')), E.isLeft(await by('a', 'ended'))], [true, true])
    equals('a known one', await by('known', 'unknown'), E.right({ _tag: 'Running' }))
    equals('then', await claim('a'), 'First')
  }),

  of('[EN81] a watcher sees the state and each change, up to the last', async (bench) => {
    const { lease, claim, settle, cancel, watch } = ledgerBench(bench)
    await lease('one')
    const seen = await Promise.all(['done', 'lost', 'cancelled', 'stopped'].map((id) => watch(id)))
    const [done, lost, cancelled, stopped] = seen
    await claim('done')
    await claim('lost')
    stopped?.stop()
    await claim('stopped')
    const late = await watch('done')
    await cancel('cancelled')
    await settle('done', '1')
    await lease('one', 0)
    await bench.until('the ends', () => [done, lost, cancelled, late].every((each) => each?.isComplete()))
    equals('done', done?.told, ['Unclaimed', 'Running', 'Done: 1'])
    equals('from between', late.told, ['Running', 'Done: 1'])
    equals('lost', lost?.told, ['Unclaimed', 'Running', 'Lost'])
    equals('cancelled', cancelled?.told, ['Unclaimed', 'Cancelled'])
    equals('stopped', stopped?.told, ['Unclaimed'])
    const after = await watch('done')
    await bench.until('its end', after.isComplete)
    equals('after', after.told, ['Done: 1'])
  }),
]

/** Cases about the memory of commands of an engine. */
export const callCases = (of: EngineCase): readonly Case[] => [...claimCases(of), ...lossCases(of)]

/** Cases about the bounds of commands. */
export const boundedCallCases = (of: EngineCase): readonly Case[] => [
  of(
    '[EN82] beyond its number of commands a user gets no further one, and loses none',
    async (bench) => {
      const { lease, claim, cancel, settle } = ledgerBench(bench)
      await lease('one')
      equals('at once', [...(await Promise.all(['a', 'b', 'c', 'd'].map((id) => claim(id))))].sort(), [
        'First',
        'First',
        'First',
        'Full',
      ])
      const ids = ['a', 'b', 'c', 'd']
      for (const id of ids) await settle(id, id)
      const words = await Promise.all(ids.map((id) => claim(id)))
      equals('again', words.filter((word) => word === 'Full').length, 1)
      for (const [index, id] of ids.entries())
        holds(`${id} is known or refused`, [`Done: ${id}`, 'Full'].includes(words[index] ?? ''))
      equals('a cancel', await cancel('e'), 'Full')
      equals('another user', [await claim('e', { user: 'v' }), await cancel('f', 'v')], ['First', 'Cancelled'])
    },
    { commands: 3 },
  ),
]

/** Cases about engines whose commands survive the process. */
export const reopenedCallCases = (of: EngineCase): readonly Case[] =>
  (['closed', 'killed'] as const).map((how) =>
    of(`[EN85] ${how} and opened again, it knows the commands, and what was running is lost`, async (bench) => {
      const ledger = ledgerBench(bench)
      const { calls, lease, claim, settle, cancel } = ledger
      await lease('one')
      for (const id of ['done', 'running', 'twice']) await claim(id)
      await settle('done', '"ж"')
      await cancel('cancelled')
      const { name } = calls()
      await bench.reopen(how)
      await lease('two')
      if (how === 'closed') equals('the name', calls().name, name)
      if (calls().name !== name) return
      await settle('running', 'late')
      const expected = { done: 'Done: "ж"', running: 'Lost', cancelled: 'Cancelled', new: 'First' }
      await lease('one')
      await claimsAre(ledger, 'at once', expected)
      await bench.reopen(how)
      await lease('one')
      if (calls().name === name) await claimsAre(ledger, 'and again', { ...expected, twice: 'Lost', new: 'Lost' })
    }),
  )
