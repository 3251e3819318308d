import { execFileSync } from 'node:child_process'
import type { Either } from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import * as E from '#fp/Either'
import { portOf } from '../../lib/client/port.js'
import { anything, contract } from '../../lib/contract/contract.js'
import { manyRooms } from '../../lib/features/bulk/index.js'
import { calls, command, stream } from '../../lib/features/calls/index.js'
import { events } from '../../lib/features/events/index.js'
import { history, last } from '../../lib/features/history/index.js'
import {
  intercept,
  interceptedContract,
  type Interceptor,
  interceptRooms,
} from '../../lib/features/interceptors/index.js'
import { answers } from '../../lib/server/calls/answers.js'
import { world } from '../../lib/testing/world.js'
import { bundle } from '../support/bundle.js'
import { codeOf, left, right, see } from '../support/seen.js'

const Chat = contract({
  events: { said: t.strict({ text: t.string }), moved: t.strict({ x: t.number }) },
  calls: { upper: command({ input: t.string, output: t.string }), count: stream({ output: t.number }) },
})

const trimmed: Interceptor<typeof Chat> = {
  inbound: { said: ({ text }) => (text === 'spam' ? E.left('it is spam') : E.right({ text: text.trim() })) },
  outbound: { said: ({ text }) => (text === '' ? E.left('it is empty') : E.right({ text: `${text} ` })) },
}

/** Marks a text on its way. */
const marks = (mark: string): Interceptor<typeof Chat> => ({
  inbound: { said: ({ text }) => E.right({ text: `${text}<${mark}` }) },
  outbound: { said: ({ text }) => E.right({ text: `${text}>${mark}` }) },
})

const hall = () => {
  const scene = world({
    calls: [
      answers(Chat, {
        upper: (text) => [E.right(text.toUpperCase())],
        count: () => [E.right(1), E.right(2), E.right(3)],
      }),
    ],
  })
  const [ana, ben] = [scene.client(), scene.client()]
  const raw = ben.room('hall', Chat)
  const received = see(raw.on('said'))
  scene.time.advanceBy(100)
  const pass = (ms = 100): void => {
    scene.time.advanceBy(ms)
  }
  return { ...scene, ana, ben, raw, received, pass }
}

const texts = (all: readonly Either<unknown, { readonly data: unknown }>[]): readonly string[] =>
  all.map((result) => (E.isRight(result) ? (result.right.data as { text: string }).text : 'Left'))

describe('interceptors', () => {
  it('[IC1] [IC2] act on decoded values of the named event of one room, and on nothing else', () => {
    const { ana, raw, received, pass, end } = hall()
    const room = ana.room('hall', Chat).with(intercept(Chat, trimmed))
    const seen = see(room.on('said'))
    const moved = see(room.on('moved'))
    const all = see(room.messages())
    const other = see(ana.room('hall', Chat).on('said'))
    pass()
    raw.send('said', { text: '  hello  ' })
    raw.send('moved', { x: 7 })
    pass()
    room.send('said', { text: 'mine' })
    pass()
    expect(texts(seen.all)).toEqual(['hello', 'mine'])
    expect(texts(other.all)).toEqual(['  hello  ', 'mine '])
    expect(texts(received.all)).toEqual(['  hello  ', 'mine '])
    expect(right(moved.last()).data).toEqual({ x: 7 })
    expect(all.all.map((result) => right(result).data)).toEqual([{ text: 'hello' }, { x: 7 }, { text: 'mine' }])
    // The message is the same beside its data.
    const { data, ...message } = right(seen.all[0]!)
    const { data: plain, ...same } = right(other.all[0]!)
    expect([data, message]).toEqual([{ text: plain.text.trim() }, same])
    expect(end()).toBe(0)
  })

  it('[IC2] act on a value before its encoding, and the contract checks the value that they return', () => {
    const date = new t.Type<Date, string>(
      'date',
      (value): value is Date => value instanceof Date,
      (value, at) => (typeof value === 'string' ? t.success(new Date(value)) : t.failure(value, at)),
      (value) => value.toISOString(),
    )
    const Dated = contract({ events: { said: date } })
    const { ana, ben, pass, end } = hall()
    const heard = see(ben.room('dates', anything).on('said'))
    const later: Interceptor<typeof Dated> = { outbound: { said: (at) => E.right(new Date(at.getTime() + 1_000)) } }
    const wrong: Interceptor<typeof Dated> = { outbound: { said: () => E.right(7 as never) } }
    pass()
    ana.room('dates', Dated).with(intercept(Dated, later)).send('said', new Date(0))
    const refused = see(ana.room('dates', Dated).with(intercept(Dated, wrong)).send('said', new Date(0)))
    pass()
    expect(heard.all.map((result) => right(result).data)).toEqual(['1970-01-01T00:00:01.000Z'])
    expect(codeOf(refused.only())).toBe('decode/unsendable')
    expect(end()).toBe(0)
  })

  it('[IC3] a Left of an interceptor is a Left at the place of the value; the stream goes on, and nothing is sent', () => {
    const { ana, raw, received, pass, end } = hall()
    const room = ana.room('hall', Chat).with(intercept(Chat, trimmed))
    const faults = see(ana.faults$)
    const undelivered = see(ana.undelivered$)
    const seen = see(room.on('said'))
    pass()
    for (const text of ['one', 'spam', 'two']) raw.send('said', { text })
    pass()
    expect(texts(seen.all)).toEqual(['one', 'Left', 'two'])
    expect(left(seen.all[1]!)).toMatchObject({ code: 'decode/payload', event: 'said', actual: 'it is spam' })
    const count = received.all.length
    const sent = see(room.send('said', { text: '' }))
    const posted = see(room.post('said', { text: '' }))
    pass()
    expect([codeOf(sent.only()), codeOf(posted.only())]).toEqual(['decode/unsendable', 'decode/unsendable'])
    expect(left(sent.only())).toMatchObject({ actual: 'it is empty' })
    expect([undelivered.all.length, received.all.length, faults.all.length]).toEqual([1, count, 0])
    expect(end()).toBe(0)
  })

  it.each<[string, () => unknown, string]>([
    ['throws', () => { throw new Error('broken') }, 'broken'],
    ['answers later', () => Promise.resolve(E.right({ text: 'late' })), 'not an Either'],
    ['answers nothing', () => undefined, 'not an Either'],
    ['answers a hostile value', () => new Proxy({}, { get: () => { throw new Error('hostile') } }), 'hostile'],
  ])('[IC4] an interceptor that %s is a fault and a Left, each time, and loses nothing else', (_, hook, said) => {
    const { ana, raw, pass, end } = hall()
    const broken = hook as () => Either<string, never>
    let isBroken = true
    const wrapped = (data: { text: string }): Either<string, { text: string }> => (isBroken ? broken() : E.right(data))
    const room = ana.room('hall', Chat).with(intercept(Chat, { inbound: { said: wrapped }, outbound: { said: wrapped } }))
    const faults = see(ana.faults$)
    const seen = see(room.on('said'))
    pass()
    raw.send('said', { text: 'one' })
    pass()
    expect(codeOf(see(room.send('said', { text: 'mine' })).last())).toBe('decode/unsendable')
    isBroken = false
    raw.send('said', { text: 'two' })
    pass()
    expect(texts(seen.all)).toEqual(['Left', 'two'])
    expect(faults.all.map(({ _tag }) => _tag)).toEqual(['FunctionThrew', 'FunctionThrew'])
    expect(faults.all[0]?.message).toContain(said)
    expect(end()).toBe(0)
  }) // prettier-ignore

  it('[IC5] received values pass in the order of installation, client before room; values to send in the opposite order', () => {
    const { ana, raw, received, pass, end } = hall()
    const client = ana.with(interceptRooms(Chat, marks('c1')), interceptRooms(anything, marks('c2') as object))
    const room = client.room('hall', Chat).with(intercept(Chat, marks('r1')), intercept(Chat, marks('r2')))
    const seen = see(room.on('said'))
    const other = see(client.room('hall', contract({ events: { said: t.strict({ text: t.string }) } })).on('said'))
    pass()
    room.send('said', { text: 'mine' })
    pass()
    expect(texts(received.all)).toEqual(['mine>r2>r1>c2>c1'])
    expect(texts(seen.all)).toEqual(['mine>r2>r1>c2>c1<c1<c2<r1<r2'])
    expect(texts(other.all)).toEqual(['mine>r2>r1>c2>c1<c2'])
    raw.send('said', { text: 'end' })
    expect(end()).toBe(0)
  })

  it('[IC6] act on inputs and outputs of calls, each value of a stream, and refuse them', () => {
    const { ana, pass, end } = hall()
    const faults = see(ana.faults$)
    const room = ana.room('hall', Chat).with(
      intercept(Chat, {
        inputs: { upper: (text) => (text === 'no' ? E.left('refused') : E.right(`${text}!`)) },
        outputs: {
          upper: (text) => (text === 'BAD!' ? E.left('unwanted') : E.right(`<${text}>`)),
          count: (n) => (n === 2 ? E.left('no twos') : E.right(n * 10)),
        },
      }),
      calls,
    )
    const [fine, refused, unwanted] = ['hi', 'no', 'bad'].map((text) => see(room.call('upper', text)))
    const counted = see(room.call('count'))
    pass()
    expect(right(fine!.only())).toBe('<HI!>')
    expect(codeOf(refused!.only())).toBe('decode/unsendable')
    expect(left(unwanted!.only())).toMatchObject({ code: 'decode/payload', actual: 'unwanted' })
    expect(counted.all.map((result) => (E.isRight(result) ? result.right : 'Left'))).toEqual([10, 'Left', 30])
    expect(counted.isComplete()).toBe(true)
    expect(faults.all).toEqual([])
    expect(end()).toBe(0)
  })

  it('[IC7] act on history and earlier messages, on many rooms and on events, by the contract', () => {
    const { ana, raw, server, pass, end } = hall()
    raw.send('said', { text: ' early ' })
    pass()
    const room = ana.room('hall', Chat).with(intercept(Chat, trimmed), history)
    const early = see(room.on('said', { from: last(5) }))
    const page = see(room.history({ last: 5 }))
    const own = interceptedContract(ana, Chat, trimmed)
    const many = see(manyRooms(ana, ['hall'], own).on('said'))
    const news = see(ana.with(events(own)).on('said'))
    pass()
    raw.send('said', { text: ' live ' })
    server().to('all').publish('said', { text: ' news ' }).subscribe()
    pass()
    expect(texts(early.all)).toEqual(['early', 'live'])
    expect(texts(page.all.flatMap((result) => right(result).messages))).toEqual(['early'])
    expect([texts(many.all), texts(news.all)]).toEqual([['live'], ['news']])
    expect(end()).toBe(0)
  })

  it('[IC8] get frozen values: none changes those of another subscriber', () => {
    const { ana, pass, end } = hall()
    const open = ana.room('hall', anything)
    const meddles = open.with(
      intercept(anything, {
        inbound: (data) => {
          ;(data as { text: string }).text = 'changed'
          return E.right(data)
        },
      }),
    )
    const [seen, plain] = [see(meddles.on('said')), see(open.on('said'))]
    pass()
    open.send('said', { text: 'mine' })
    pass()
    expect(right(plain.last()).data).toEqual({ text: 'mine' })
    expect(E.isLeft(seen.last())).toBe(true)
    expect(end()).toBe(0)
  })

  it('[IC9] hooks for all names know the name and the room; a wrong interceptor throws nothing', () => {
    const { ana, raw, pass, end } = hall()
    const places: unknown[] = []
    const room = ana.room('hall', Chat).with(
      intercept(Chat, {
        inbound: (data, place) => {
          places.push(place)
          return E.right(data)
        },
      }),
    )
    const seen = see(room.messages())
    const wrong = [undefined, null, 7, { inbound: 7 }, { inbound: { said: 7 } }] as unknown as Interceptor<
      typeof Chat
    >[]
    const others = wrong.map((each) => see(ana.room('hall', Chat).with(intercept(Chat, each)).on('said')))
    pass()
    raw.send('moved', { x: 1 })
    raw.send('said', { text: 'one' })
    pass()
    expect(places).toEqual([
      { room: 'hall', name: 'moved' },
      { room: 'hall', name: 'said' },
    ])
    expect(seen.all.filter(E.isRight)).toHaveLength(2)
    expect(others.map((other) => texts(other.all))).toEqual([['one'], ['one'], ['one'], ['one'], ['Left']])
    const none = ana.room('hall', 'no contract' as unknown as typeof Chat).with(intercept(Chat, trimmed))
    expect(codeOf(see(none.on('said')).last())).toBe('config/invalid')
    expect(end()).toBe(0)
  })

  it('[IC10] without an interceptor a room has the codecs of its contract, and a codec without a hook is the same', () => {
    const { ana, end } = hall()
    const client = ana.with(interceptRooms(Chat, trimmed))
    const Other = contract({ events: { said: t.string } })
    expect(portOf(client.room('hall', Other)).contract).toBe(Other)
    expect(portOf(ana.room('hall', Chat)).contract).toBe(Chat)
    const own = portOf(client.room('hall', Chat)).contract
    expect(own.codecOf('moved').decode).toBe(Chat.codecOf('moved').decode)
    expect(own.codecOf('said').decode).not.toBe(Chat.codecOf('said').decode)
    expect(own.codecOf('said')).toBe(own.codecOf('said'))
    expect(end()).toBe(0)
  })

  it('[IC11] cost nothing where none is installed: a message allocates less than a quarter of what one interceptor adds', () => {
    const { file, remove } = bundle('spec/support/allocating.ts')
    const measured = (where: string): { readonly seen: number; readonly perMessage: number } => {
      const flags = ['--expose-gc', '--max-semi-space-size=512', '--min-semi-space-size=512', '--no-opt']
      return JSON.parse(execFileSync(process.execPath, [...flags, file, where], { encoding: 'utf8' })) as {
        readonly seen: number
        readonly perMessage: number
      }
    }
    const [none, elsewhere, here] = [measured('none'), measured('elsewhere'), measured('here')]
    remove()
    expect([none.seen, elsewhere.seen, here.seen]).toEqual([40_000, 40_000, 40_000])
    // An interceptor allocates some hundred bytes. Runs of one program differ by the layout that V8 chooses, up to 25 bytes.
    const cost = here.perMessage - none.perMessage
    expect(cost).toBeGreaterThan(160)
    expect(elsewhere.perMessage - none.perMessage).toBeLessThan(cost / 4)
  })
})
