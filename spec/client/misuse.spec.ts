import { anything } from '../../lib/contract/contract.js'
import { after, last } from '../../lib/features/history/index.js'
import { world } from '../../lib/testing/world.js'
import { codeOf, left, right, see, tags } from '../support/seen.js'
import { admission } from '../../lib/features/room-life/admission.js'

const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)])

/** What TypeScript or a careful reader would not write. A server would end the link for it, or a timer never fire. */
const misuses: readonly [string, (room: ReturnType<typeof roomOf>) => readonly unknown[]][] = [
  ['an event of 65 bytes', (room) => [room.send('x'.repeat(65), 1), room.post('x'.repeat(65), 1)]],
  ['an event without a name', (room) => [room.send('', 1)]],
  ['an event that is no text', (room) => [room.send(7 as never, 1), room.post({} as never, 1)]],
  ['half a character', (room) => [room.send('\ud800', 1)]],
  ['a payload of 65 levels', (room) => [room.send('deep', deep(65)), room.post('deep', deep(65))]],
  [
    'a payload that is no JSON',
    (room) => [room.send('odd', () => 1), room.send('odd', 10n), room.send('odd', Symbol('x'))],
  ],
  ['withinMs that is NaN', (room) => [room.send('late', 1, { withinMs: NaN })]],
  ['withinMs of 0', (room) => [room.send('late', 1, { withinMs: 0 })]],
  ['withinMs as text', (room) => [room.send('late', 1, { withinMs: '1 s' as never })]],
  ['an empty password', (room) => [room.join(admission({ password: '' }))]],
  ['a password that is none', (room) => [room.join(admission({ password: 7 as never }))]],
  ['mustExist as text', (room) => [room.join(admission({ mustExist: 'yes' as never }))]],
  ['the last -1', (room) => [room.on('x', { from: last(-1) })]],
  ['the last NaN', (room) => [room.messages({ from: last(NaN) })]],
  ['a position without epoch', (room) => [room.on('x', { from: after({ epoch: '', offset: 1 }) })]],
  ['a position of half', (room) => [room.on('x', { from: after({ epoch: 'E', offset: 0.5 }) })]],
  [
    'a start that is none',
    (room) => [room.on('x', { from: 'yesterday' as never }), room.on('x', { from: null as never })],
  ],
]

const roomOf = (client: ReturnType<ReturnType<typeof world>['client']>) => client.room('lobby', anything)

describe('misuse', () => {
  it.each(misuses)('[CT16] %s is a Left and costs nobody the link', (_, misuse) => {
    const { client, network, time, end } = world()
    const ana = client()
    const state = see(ana.state$)
    const faults = see(ana.faults$)
    ana.connect()
    time.advanceBy(100)
    const room = roomOf(ana)
    for (const stream of misuse(room)) {
      expect(codeOf(see(stream as ReturnType<typeof room.send>).only())).toMatch(/^(decode|config|room)\//)
    }
    time.advanceBy(1_000)
    const sent = see(room.send('fine', 1, { withinMs: 1_000 }))
    network.cut()
    time.advanceBy(900)
    expect(right(sent.only()).position.offset).toBe(1)
    expect([state.last()._tag, tags(state).filter((tag) => tag === 'Online').length, faults.all]).toEqual([
      'Online',
      2,
      [],
    ])
    expect(end()).toBe(0)
  })

  it('[CT16] names and payloads at their limits are fine', () => {
    const { client, time, end } = world()
    const ana = client()
    const heard = see(ana.room('€'.repeat(85), anything).messages())
    const room = ana.room('€'.repeat(85), anything)
    const sent = [
      see(room.send('x'.repeat(64), deep(64))),
      see(room.send('"\\\u0000', { $: 1, __proto__: 2 })),
      see(room.send('bytes', new Uint8Array([1, 2, 3]))),
      see(room.send('nothing', undefined)),
    ]
    time.advanceBy(100)
    expect(sent.map((each) => right(each.only()).position.offset)).toEqual([1, 2, 3, 4])
    expect(heard.all.map((message) => right(message).data).slice(1)).toEqual([
      { $: 1 },
      new Uint8Array([1, 2, 3]),
      undefined,
    ])
    expect(end()).toBe(0)
  })

  it.each([NaN, -1, '5' as never])('[CT40] a drainMs of %p is Left, and the client stays open', (drainMs) => {
    const { client, time, end } = world()
    const ana = client()
    expect(left(see(ana.close({ drainMs })).only())).toMatchObject({ code: 'config/invalid', option: 'drainMs' })
    const sent = see(ana.room('lobby', anything).send('x', 1))
    time.advanceBy(100)
    expect(codeOf(sent.only())).toBe('')
    expect(end()).toBe(0)
  })
})
