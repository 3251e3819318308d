import { runInNewContext } from 'node:vm'
import { Observable } from 'rxjs'
import * as E from '#fp/Either'
import type { Client } from '../../lib/client/client.js'
import { anything, contract } from '../../lib/contract/contract.js'
import type { Result } from '../../lib/core/result.js'
import { createClient } from '../../lib/index.js'
import { latestBy } from '../../lib/features/conflation/index.js'
import { after, commits, history, last, live, stored } from '../../lib/features/history/index.js'
import { signals } from '../../lib/features/signals/index.js'
import { world } from '../../lib/testing/world.js'
import { webSocket } from '../../lib/transport/websocket.js'
import { manyRooms } from '../../lib/features/bulk/index.js'
import { Numbers } from '../support/chat.js'
import { codeOf, left, right, see, type Seen } from '../support/seen.js'
import { admission } from '../../lib/features/room-life/admission.js'

type Call = (ana: Client, options: never) => Observable<Result<unknown>>
const lobby = (ana: Client) => ana.room('lobby', anything)

/** Every call with options, and a misspelt one of them. */
const calls: readonly [string, Call, object, RegExp][] = [
  ['connect', (ana, options) => ana.connect(options), { rom: 1 }, /^Did you mean room\?/],
  ['disconnect', (ana, options) => ana.disconnect(options), { sgnal: 1 }, /^Did you mean signal\?/],
  ['close', (ana, options) => ana.close(options), { drainMS: 0 }, /^Did you mean drainMs\?/],
  ['logout', (ana, options) => ana.logout(options), { withinMS: 1 }, /^Did you mean withinMs\?/],
  ['join', (ana, options) => lobby(ana).join(admission(options)), { musExist: true }, /^Did you mean mustExist\?/],
  ['leave', (ana, options) => lobby(ana).leave(options), { drainMs: 1 }, /^Leave it out: there are signal, withinMs\.$/],
  ['send', (ana, options) => lobby(ana).send('m', 1, options), { withinMS: 5 }, /^Did you mean withinMs\?/],
  ['post', (ana, options) => lobby(ana).post('m', 1, options), { idd: 'a' }, /^Did you mean id\?/],
  ['history', (ana, options) => lobby(ana).with(history).history(options), { last: 1, befor: 1 }, /^Did you mean before\?/],
  ['on', (ana, options) => lobby(ana).on('m', options), { form: stored() }, /^Leave it out: there are from, policy\.$/],
  ['messages', (ana, options) => lobby(ana).messages(options), { from: last(1), polcy: 5 }, /^Did you mean policy\?/],
  ['rooms.on', (ana, options) => manyRooms(ana, ['a'], anything).on('m', options), { polcy: 'all' }, /^Did you mean policy\?/],
  ['last', (ana, options) => lobby(ana).on('m', { from: last(1, options) }), { windw: 5 }, /^Did you mean window\?/],
  ['stored', (ana, options) => lobby(ana).on('m', { from: stored(options) }), { comit: 'manual' }, /^Did you mean commit\?/],
  [
    'latestBy',
    (ana, options) => lobby(ana).on('m', { policy: latestBy(() => 1, options) }),
    { everyMS: 1 },
    /^Did you mean everyMs\?/,
  ],
  [
    'commit',
    (ana, options) => lobby(ana).with(commits).commit({ epoch: 'E', offset: 1 }, options),
    { within: 1 },
    /^Did you mean withinMs\?/,
  ],
] // prettier-ignore

const online = () => {
  const here = world()
  const ana = here.client()
  const [state, faults] = [see(ana.state$), see(ana.faults$)]
  ana.connect()
  here.time.advanceBy(100)
  return { ...here, ana, state, faults }
}

describe('the options of a call', () => {
  it.each(calls)(
    '[CT22] %s refuses a name that does not exist, and says which one does',
    (_, call, options, remedy) => {
      const { ana, state, faults, time, end } = online()
      const answer = see(call(ana, options as never))
      time.advanceBy(100)
      const error = left(answer.only())
      expect(error).toMatchObject({ _tag: 'ConfigError', code: 'config/invalid', kind: 'terminal' })
      expect(error.remedy).toMatch(remedy)
      expect([state.last()._tag, faults.all]).toEqual(['Online', []])
      expect(end()).toBe(0)
    },
  )

  it.each(calls)('[CT22] %s takes null for none', (name, call) => {
    const { ana, faults, time, end } = online()
    const [given, none] = [null, undefined].map((options) => see(call(ana, options as never)))
    time.advanceBy(10_000)
    expect([name, given!.all.map(codeOf)]).toEqual([name, none!.all.map(codeOf)])
    expect(faults.all.filter(({ _tag }) => _tag === 'Defect')).toEqual([])
    expect(end()).toBe(0)
  })

  it.each(calls)('[CT22] %s of a text, or of what throws, is a Left', (name, call) => {
    const { ana, state, faults, time, end } = online()
    const throwing = new Proxy({}, { ownKeys: () => { throw new Error('no') } }) // prettier-ignore
    for (const options of ['lobby', throwing]) {
      const answer = see(call(ana, options as never))
      time.advanceBy(100)
      expect([name, codeOf(answer.only())]).toEqual([name, 'config/invalid'])
    }
    expect([state.last()._tag, faults.all]).toEqual(['Online', []])
    expect(end()).toBe(0)
  })

  it.each(calls)('[CT24] %s of an instance of a class is a Left, and not taken for no options', (name, call) => {
    const { ana, state, faults, time, end } = online()
    class Options {
      readonly withinMs = 5
    }
    for (const options of [new Date(), new Map([['withinMs', 1]]), new Set(), /x/, [], new Options()]) {
      const answer = see(call(ana, options as never))
      time.advanceBy(100)
      const { code, remedy } = left(answer.only())
      expect([name, code, remedy]).toEqual([name, 'config/invalid', 'Write a plain object.'])
    }
    expect([state.last()._tag, faults.all]).toEqual(['Online', []])
    expect(end()).toBe(0)
  })

  it('[CT24] an object of another realm, or without a prototype, is plain', () => {
    const { ana, time, end } = online()
    const foreign = runInNewContext('({ withinMs: 500 })') as object
    const bare = Object.assign(Object.create(null) as object, { withinMs: 500 })
    const sent = [foreign, bare].map((options) => see(lobby(ana).send('m', 1, options)))
    time.advanceBy(100)
    expect(sent.map((each) => codeOf(each.only()))).toEqual(['', ''])
    expect(end()).toBe(0)
  })

  it('[CT22] connect wants the handle of a room, not its name', () => {
    const { ana, time, end } = online()
    const error = left(see(ana.connect({ room: 'lobby' as never })).only())
    expect(error).toMatchObject({ code: 'config/invalid', option: 'room', message: 'room is "lobby".' })
    expect(error.remedy).toContain('client.room(')
    time.advanceBy(100)
    expect(end()).toBe(0)
  })

  const [startWord, startValue] = [
    "Write 'live', or what last, after, beginning, stored or live of rx-rooms/history give.",
    'Write last(50) with a number, or after(position) with the position of a message.',
  ]
  it.each<[string, unknown, RegExp, string]>([
    ["'stored'", 'stored', /^from is "stored"\.$/, startWord],
    ['stored', stored, /^from is a function\.$/, startWord],
    ['{ last: 5 }', { last: 5 }, /^from is an object\.$/, startWord],
    ['after(5)', after(5 as never), /^from: .*got 5\.$/, startValue],
    ['last(-1)', last(-1), /^from\.last: .*got -1\.$/, startValue],
    ['null', null, /^from is null\.$/, startWord],
  ])('[CT22] [CT16] from: %s says what to write', (_, from, message, remedy) => {
    const { ana, end } = online()
    const error = left(see(lobby(ana).on('m', { from: from as never })).only())
    expect(error).toMatchObject({ option: 'from', message: expect.stringMatching(message) as string, remedy })
    expect(end()).toBe(0)
  })

  it.each<[string, unknown]>([['no options', undefined], ['last of 0', { last: 0 }], ['a position of half', { last: 1, before: 5 }]])(
    '[CT22] [HI3] history with %s says what to write',
    (_, options) => {
      const { ana, end } = online()
      const error = left(see(lobby(ana).with(history).history(options as never)).only())
      expect(error).toMatchObject({ code: 'room/invalid-history' })
      expect(error.remedy).toMatch(/^Write history\(\{ last, before \}\)/)
      expect(end()).toBe(0)
    },
  ) // prettier-ignore

  it('[CT22] [TE6] a password that is none is not shown', () => {
    const { ana, end } = online()
    const error = left(see(lobby(ana).join(admission({ password: 4711 as never }))).only())
    expect(error).toMatchObject({ code: 'config/invalid', option: 'password' })
    expect(JSON.stringify(error)).not.toContain('4711')
    expect(end()).toBe(0)
  })

  it('[CT22] a client is closed with the invalid option of its transport or store', () => {
    const transport = webSocket({ headrs: {} } as never)
    const client = createClient({ url: 'ws://localhost', transport })
    expect(see(client.state$).only()).toMatchObject({ _tag: 'Closed', because: { option: 'headrs' } })
    const fault = { ...left(see(client.connect()).only()), option: 'directory' }
    const store = { persistence: () => undefined, fault } as never
    const other = createClient({ url: 'ws://localhost', transport: webSocket(), store, identity: 'ana' })
    expect(see(other.state$).only()).toMatchObject({ _tag: 'Closed', because: { option: 'directory' } })
  })
})

describe('no limit', () => {
  it('[CT20] [CT40] Infinity waits as long as it takes, and holds no timer', () => {
    const { client, network, time, timers, end } = world()
    network.refuse(true)
    const ana = client()
    const before = timers()
    const sent = see(lobby(ana).send('m', 1, { withinMs: Infinity }))
    const joined = see(lobby(ana).join({ withinMs: Infinity }))
    const online = see(ana.connect({ withinMs: Infinity }))
    time.advanceBy(86_400_000)
    expect([sent.all, joined.all, online.all]).toEqual([[], [], []])
    expect(timers() - before).toBeLessThanOrEqual(1)
    network.refuse(false)
    time.advanceBy(120_000)
    expect([sent, joined, online].map((each) => codeOf(each.only()))).toEqual(['', '', ''])
    network.blackhole(true)
    const open = see(lobby(ana).send('m', 1))
    const closed = see(ana.close({ drainMs: Infinity }))
    time.advanceBy(20_000)
    expect(closed.all).toEqual([])
    network.heal()
    time.advanceBy(300_000)
    expect([E.isRight(open.only()), right(closed.only()).undelivered]).toEqual([true, 0])
    expect(end()).toBe(0)
  })
})

describe('a contract that is none', () => {
  const contracts: readonly [string, unknown][] = [
    ['nothing', undefined],
    ['null', null],
    ['a text', 'message'],
    ['an object that contract did not make', { events: {} }],
    ['[CT24] a contract of a collection', contract({ events: new Map() as never })],
    ['[CT24] a contract of a date', contract({ events: new Date() as never })],
  ]

  it.each(contracts)('[CT23] %s is a Left of all that uses it', (_, given) => {
    const { ana, state, faults, time, end } = online()
    const room = ana.room('lobby', given as typeof anything).with(signals, history, commits)
    const all = manyRooms(ana, ['lobby'], given as typeof anything)
    const answers: readonly Seen<Result<unknown>>[] = [
      ...[room.on('m'), room.messages(), room.signals('m'), all.on('m'), all.messages()],
      ...[room.join(), room.send('m', 1), room.post('m', 1), room.signal('m', 1), room.history({ last: 1 })],
      room.commit({ epoch: 'E', offset: 1 }),
    ].map((stream: Observable<Result<unknown>>) => see(stream))
    time.advanceBy(100)
    for (const answer of answers) {
      const error = left(answer.only())
      expect(error).toMatchObject({ code: 'config/invalid', option: 'contract' })
      expect(error.remedy).toContain('contract({ events')
    }
    expect([state.last()._tag, faults.all]).toEqual(['Online', []])
    expect(end()).toBe(0)
  })
})

describe('what is committed', () => {
  it.each([undefined, null, 5, 'x', {}, [], { room: 'lobby', position: 7 }])('[HI11] [CT22] %p is a Left', (of) => {
    const { ana, faults, end } = online()
    const answers = [lobby(ana), manyRooms(ana, ['lobby'], anything)].map((handle) =>
      see(commits(handle).commit(of as never)),
    )
    for (const answer of answers) expect(codeOf(answer.only())).toBe('room/invalid-commit')
    expect(faults.all).toEqual([])
    expect(end()).toBe(0)
  })

  it('[HI11] is of the room of the handle; a set of rooms is given the message', () => {
    const { ana, end } = online()
    const [position, room] = [{ epoch: 'E', offset: 1 }, 'lobby']
    const other = left(see(ana.room('other', anything).with(commits).commit({ room, position })).only())
    expect(other).toMatchObject({ code: 'room/invalid-commit', message: 'The message is of room "lobby".' })
    const set = left(
      see(
        manyRooms(ana, [room], anything)
          .with(commits)
          .commit(position as never),
      ).only(),
    )
    expect(set).toMatchObject({ code: 'room/invalid-commit', remedy: 'Pass the message: commit(message).' })
    expect(end()).toBe(0)
  })

  it('[HI11] without a subscription is what was offered to one in this run', () => {
    const { ana, server, time, end } = online()
    const room = ana.room('lobby', Numbers).with(commits)
    const never = { epoch: 'made-up', offset: 1e9 }
    const early = see(room.commit(never))
    time.advanceBy(100)
    expect(codeOf(early.only())).toBe('room/invalid-commit')
    const heard = see(room.on('message', { from: live({ window: 5 }) }))
    time.advanceBy(100)
    server().publish('lobby', 'message', 1)
    time.advanceBy(100)
    heard.stop()
    const { position } = right(heard.last())
    const answers = [position, { ...position, offset: 2 }, never].map((of) => see(room.commit(of)))
    time.advanceBy(100)
    expect(answers.map((answer) => codeOf(answer.only()))).toEqual(['', 'room/invalid-commit', 'room/invalid-commit'])
    expect(end()).toBe(0)
  })
})
