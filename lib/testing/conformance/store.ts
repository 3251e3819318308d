import { tap } from 'rxjs'
import type { Change, Partition, Store } from '../../store/port.js'
import { type Case, caseOf } from './case.js'
import { equals, holds } from './check.js'
import { interrupted } from './store/interrupted.js'
import {
  type CaseIn,
  all,
  ana,
  contents,
  failed,
  isHeld,
  one,
  reopened,
  scope,
  value,
  type StartStore,
  type StoreAbilities,
  type StoreRig,
} from './store/rig.js'

export type { StartStore, StoreAbilities, StoreRig } from './store/rig.js'

/** Wraps a store and records every partition that it opens. */
const remembering = (store: Store, opened: Partition[]): Store => ({
  ...store,
  open: (...given) =>
    store.open(...given).pipe(
      tap((answer) => {
        if (answer._tag === 'Right') opened.push(answer.right)
      }),
    ),
})
/** Conformance tests for a store: the rules `ST…` of docs/behaviour.md. The suite calls `start` once for each case. */
export const storeSuite = (
  start: StartStore,
  { freezes, damages, interrupts }: StoreAbilities = {},
): readonly Case[] => {
  const of = (name: string, run: (rig: StoreRig) => Promise<void>): Case =>
    caseOf(name, async () => {
      const rig = await start()
      const opened: Partition[] = []
      try {
        await run({ ...rig, store: () => remembering(rig.store(), opened) })
      } finally {
        for (const held of opened) await one('close', held.close())
        await rig.end?.()
      }
    })
  return [
    ...keeping(of),
    ...leases(of),
    ...owners(of),
    ...(freezes ? frozen(of) : []),
    ...(damages ? damaged(of) : []),
    ...(interrupts ? interrupted(of) : []),
  ]
}

const keeping = (of: CaseIn): readonly Case[] => [
  of('[ST1] what was answered is there at the next opening, the later text in place of the earlier', async (rig) => {
    const held = await value('open', rig.store().open(scope('i')))
    equals('a new partition', contents(held), {})
    await value(
      'write',
      held.write([
        { key: 'a', text: '1' },
        { key: 'b', text: '2' },
      ]),
    )
    await value('write', held.write([{ key: 'a', text: '3' }, { key: 'b' }, { key: 'c', text: '' }]))
    await value('close', held.close())
    equals('what is there', await reopened(rig.store(), scope('i')), { a: '3', c: '' })
    equals('what is there again', await reopened(rig.store(), scope('i')), { a: '3', c: '' })
  }),
  of('[ST1] acts begin at the call and take effect in order, whoever listens', async (rig) => {
    const held = await value('open', rig.store().open(scope('i')))
    for (let n = 0; n < 50; n++)
      void held.write([
        { key: 'n', text: `${n}` },
        { key: `k${n}`, text: 'x' },
      ])
    for (let n = 0; n < 50; n += 2) void held.write([{ key: `k${n}` }])
    const last = held.write([{ key: 'last', text: 'x' }])
    await value('close', held.close())
    await value('an answer that is asked for late', last)
    const there = await reopened(rig.store(), scope('i'))
    equals('the last of many', there['n'], '49')
    equals('how many', Object.keys(there).length, 27)
  }),
  of('[ST1] changes of one key in one batch are made in order', async (rig) => {
    const held = await value('open', rig.store().open(scope('i')))
    await value(
      'write',
      held.write([
        { key: 'a', text: '1' },
        { key: 'a' },
        { key: 'a', text: '2' },
        { key: 'b', text: '1' },
        { key: 'b' },
      ]),
    )
    await value('no changes', held.write([]))
    await value('close', held.close())
    equals('what is there', await reopened(rig.store(), scope('i')), { a: '2' })
  }),
  of('[ST2] any key and any text is kept as it is', async (rig) => {
    const odd = [
      '',
      ' ',
      '\n',
      '\u0000',
      '__proto__',
      'constructor',
      '"\\',
      'ключ',
      '👩‍🚀',
      'a/b',
      'a\u2028b',
      '%41',
      '..',
    ]
    const changes: Change[] = odd.map((key) => ({ key, text: `${key}\r\n${key}` }))
    const long = { key: 'long', text: 'ä€'.repeat(100_000) }
    const held = await value('open', rig.store().open(scope('i')))
    await value('write', held.write([...changes, long]))
    await value('close', held.close())
    const { records } = await value('open again', rig.store().open(scope('i')))
    for (const { key, text } of [...changes, long]) equals(`under ${JSON.stringify(key)}`, records.get(key), text)
    equals('how many', records.size, odd.length + 1)
  }),
  of('[ST3] every act answers once and completes, also after the close', async (rig) => {
    const held = await value('open', rig.store().open(scope('i')))
    await value('close', held.close())
    await value('close again', held.close())
    equals('a write after the close', await failed('write', held.write([{ key: 'a', text: '1' }])), 'fenced')
    equals('lost$ after the close', await all(held.lost$), [])
    equals('what is there', await reopened(rig.store(), scope('i')), {})
  }),
]

const leases = (of: CaseIn): readonly Case[] => [
  of('[ST4] a partition has one holder, and the next one when that gives it back', async (rig) => {
    const first = await value('open', rig.store().open(scope('i')))
    equals('to open what is held', await isHeld(rig.store(), scope('i')), true)
    const other = await value('open another', rig.store().open(scope('j')))
    await value('write', first.write([{ key: 'a', text: '1' }]))
    await value('close', first.close())
    const second = await value('open', rig.store().open(scope('i')))
    equals('what was handed over', contents(second), { a: '1' })
    holds(`the token grows: ${first.token}, ${second.token}`, second.token > first.token)
    equals('to open what is held', await isHeld(rig.store(), scope('i')), true)
    equals('a write of who has closed', await failed('write', first.write([{ key: 'a', text: '2' }])), 'fenced')
    await value('write', second.write([{ key: 'b', text: '2' }]))
    await value('close', second.close())
    await value('close the other', other.close())
    equals('what is there', await reopened(rig.store(), scope('i')), { a: '1', b: '2' })
  }),
  of('[ST4] of many who open at once one succeeds', async (rig) => {
    const opened = await Promise.all(Array.from({ length: 8 }, () => one('open', rig.store().open(scope('i')))))
    equals('how many hold it', opened.filter(({ _tag }) => _tag === 'Right').length, 1)
  }),
  of('[ST5] who was erased is fenced: writes nothing, and hears of it', async (rig) => {
    const held = await value('open', rig.store().open(scope('i')))
    const heard = all(held.lost$)
    await value('write', held.write([{ key: 'a', text: '1' }]))
    await value('erase', rig.store().erase(ana))
    equals('a write after that', await failed('write', held.write([{ key: 'b', text: '1' }])), 'fenced')
    equals('lost$', (await heard).length, 1)
    await value('close', held.close())
    equals('what is there', await value('list', rig.store().list(ana)), [])
    equals('what is there', await reopened(rig.store(), scope('i')), {})
  }),
]

const owners = (of: CaseIn): readonly Case[] => [
  of('[ST6] owners and instances are apart, whatever they are called', async (rig) => {
    const names = ['ana', 'an', 'ana2', 'ANA', 'a/na', '..', '', '","', 'ana\n', 'ÄNA', 'x'.repeat(256)]
    const scopes = [
      ...names.map((user) => scope('i', { url: 'wss://one.example', user })),
      ...names.map((url) => scope('i', { url, user: 'wss://one.example' })),
      ...names.slice(1).map((instance) => scope(instance)),
    ]
    const store = rig.store()
    for (const [n, each] of scopes.entries()) {
      const held = await value('open', store.open(each))
      await value('write', held.write([{ key: 'n', text: `${n}` }]))
      await value('close', held.close())
    }
    for (const [n, each] of scopes.entries())
      equals(`of ${JSON.stringify(each)}`, await reopened(rig.store(), each), { n: `${n}` })
  }),
  of('[ST6] lists the instances of one owner', async (rig) => {
    const store = rig.store()
    equals('at first', await value('list', store.list(ana)), [])
    const held = await value('open', store.open(scope('i')))
    await value('close', (await value('open', store.open(scope('j')))).close())
    await value('open', store.open(scope('k', { ...ana, user: 'ben' })))
    equals('held or not', [...(await value('list', rig.store().list(ana)))].sort(), ['i', 'j'])
    await value('close', held.close())
  }),
  of('[ST7] erases all of one owner and nothing of another', async (rig) => {
    const ben = { ...ana, user: 'ben' }
    const store = rig.store()
    for (const each of [scope('i'), scope('j'), scope('i', ben)]) {
      const held = await value('open', store.open(each))
      await value('write', held.write([{ key: 'a', text: each.user }]))
      await value('close', held.close())
    }
    await value('erase', store.erase(ana))
    await value('erase nothing', store.erase({ ...ana, user: 'nobody' }))
    equals('of the one', await value('list', rig.store().list(ana)), [])
    equals('of the one', await reopened(rig.store(), scope('i')), {})
    equals('of the other', await reopened(rig.store(), scope('i', ben)), { a: 'ben' })
  }),
]

const frozen = (of: CaseIn): readonly Case[] => [
  of('[ST5] who slept through the end of the lease writes nothing when awake', async (rig) => {
    const sleeper = await value('open', rig.store().open(scope('i')))
    const heard = all(sleeper.lost$)
    await value('write', sleeper.write([{ key: 'a', text: 'before' }]))
    await rig.freeze?.(sleeper)
    const heir = await value('open', rig.store().open(scope('i')))
    equals('what the heir finds', contents(heir), { a: 'before' })
    holds('the token grows', heir.token > sleeper.token)
    equals('a write when awake', await failed('write', sleeper.write([{ key: 'a', text: 'after' }])), 'fenced')
    equals('lost$', (await heard).length, 1)
    await value('write', heir.write([{ key: 'b', text: 'heir' }]))
    await value('close the sleeper', sleeper.close())
    equals('the heir still holds it', await isHeld(rig.store(), scope('i')), true)
    await value('close', heir.close())
    equals('what is there', await reopened(rig.store(), scope('i')), { a: 'before', b: 'heir' })
  }),
]

const damaged = (of: CaseIn): readonly Case[] => [
  of('[ST8] what is damaged is set aside and told, and the store goes on', async (rig) => {
    const held = await value('open', rig.store().open(scope('i')))
    await value('write', held.write([{ key: 'bad', text: 'precious' }]))
    await value('close', held.close())
    await rig.damage?.(scope('i'), 'bad')
    const found = await value('open', rig.store().open(scope('i')))
    equals('what is damaged', found.records.get('bad'), undefined)
    holds('it is told', found.damaged.length > 0)
    await value('write', found.write([{ key: 'good', text: '1' }]))
    await value('close', found.close())
    const again = await value('open', rig.store().open(scope('i')))
    equals('what is there', contents(again), { good: '1' })
    equals('it is told once', again.damaged, [])
  }),
]
