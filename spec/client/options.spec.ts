import { NEVER, type Observable } from 'rxjs'
import * as E from '#fp/Either'
import { clientWith } from '../../lib/client/client.js'
import type { ClientOptions } from '../../lib/client/options.js'
import { urlFault } from '../../lib/kernel/url.js'
import { urlFault as pageUrlFault } from '../../lib/kernel/url.production.js'
import { tokens } from '../../lib/kernel/tokens.js'
import type { Result } from '../../lib/core/result.js'
import { tally } from '../../lib/testing/tally.js'
import { virtualTime } from '../../lib/testing/virtual.js'
import { world } from '../../lib/testing/world.js'
import { manyRooms } from '../../lib/features/bulk/index.js'
import { metrics, outbox } from '../../lib/features/observe/index.js'
import { Chat } from '../support/chat.js'
import { left, right, see } from '../support/seen.js'

const url = 'wss://rooms.example.com'
const cyclic: Record<string, unknown> = { url }
cyclic['self'] = cyclic

/** Nonsense, and the option that is to be named. */
const nonsense: readonly [string, unknown, string][] = [
  ['nothing', undefined, 'options'],
  ['null', null, 'options'],
  ['a text', url, 'options'],
  ['a function', () => ({ url }), 'options'],
  ['[CT24] a date', new Date(), 'options'],
  ['[CT24] a collection', new Map([['url', url]]), 'options'],
  ['[CT24] options that inherit', Object.create({ url }), 'options'],
  ['[CT24] a collection further in', { url, backoff: new Map() }, 'backoff'],
  ['no url', {}, 'url'],
  ['a url that is none', { url: 'rooms' }, 'url'],
  ['an empty url', { url: '' }, 'url'],
  ['a URL object', { url: new URL(url) }, 'url'],
  ['an http url', { url: 'https://rooms.example.com' }, 'url'],
  ['a url with a fragment', { url: `${url}/#top` }, 'url'],
  ['a token in the url', { url: `${url}/?access_token=x` }, 'url'],
  ['a typo', { url, tokne: 'x' }, 'tokne'],
  ['a typo further in', { url, backoff: { floor: 1 } }, 'backoff.floor'],
  ['a cycle', cyclic, 'self'],
  ['an inherited name', JSON.parse(`{"url":"${url}","__proto__":7}`), '__proto__'],
  ['a token as text', { url, token: 'x' }, 'token'],
  ['a token as number', { url, token: 7 }, 'token'],
  ['a source that is not given to tokens', { url, token: () => 'x' }, 'token'],
  ['a transport that is none', { url, transport: {} }, 'transport'],
  ['autoConnect as text', { url, autoConnect: 'yes' }, 'autoConnect'],
  ['a negative wait', { url, settleMs: -1 }, 'settleMs'],
  ['a wait that is no number', { url, lingerMs: NaN }, 'lingerMs'],
  ['an endless deadline', { url, deadlines: { joinMs: Infinity } }, 'deadlines.joinMs'],
  ['a deadline of nothing', { url, deadlines: { connectMs: 0 } }, 'deadlines.connectMs'],
  ['a backoff that shrinks', { url, backoff: { factor: 0.5 } }, 'backoff.factor'],
  ['a backoff without floor', { url, backoff: { floorMs: 0 } }, 'backoff.floorMs'],
  ['a spread above 1', { url, token: tokens(() => 'x', { spread: 2 }) }, 'spread'],
  ['a source that is a text', { url, token: tokens('x' as never) }, 'source'],
  ['a source that is none', { url, token: tokens(undefined as never) }, 'source'],
  ['half a message', { url, outbox: { entries: 1.5 } }, 'outbox.entries'],
  ['an overflow that is none', { url, outbox: { overflow: 'keep' } }, 'outbox.overflow'],
  ['an outbox that is none', { url, outbox: 7 }, 'outbox'],
  ['messageBytes as text', { url, messageBytes: '1 MiB' }, 'messageBytes'],
  ['a classify that is none', { url, classify: 'retry' }, 'classify'],
  ['hints that are none', { url, hints$: [] }, 'hints$'],
  ['a scheduler that is none', { url, scheduler: { now: Date.now } }, 'scheduler'],
  ['random as number', { url, random: 4 }, 'random'],
  ['ids as list', { url, ids: ['a'] }, 'ids'],
  [
    'an option that throws',
    {
      get url(): string {
        throw new Error('no')
      },
    },
    'options',
  ],
]

const create = (options: unknown) => clientWith(() => () => NEVER)(options as ClientOptions)

describe('options that are nonsense', () => {
  it.each(nonsense)('[CT7] %s gives a client that is Closed with a ConfigError', (_, options, option) => {
    const client = create(options)
    const state = see(client.state$)
    const { because } = state.only() as { readonly because: ReturnType<typeof left> }
    expect(state.only()._tag).toBe('Closed')
    expect(because).toMatchObject({ _tag: 'ConfigError', code: 'config/invalid', kind: 'terminal', option })
    expect(because.message.length).toBeLessThan(200)
    expect(because.remedy).toMatch(/^\w.*\.$/)
    expect(Object.isFrozen(because)).toBe(true)
  })

  it.each([
    ['wss://rooms.example.com/a?b=c', true],
    [' WS://rooms.example.com/#', true],
    ['ws+unix:///tmp/socket', true],
    ['wss://rooms.example.com/?author=ana', true],
    ['wss://rooms.example.com/?access_token=hidden', false],
    ['wss://rooms.example.com/?a=b&my-api_key=hidden', false],
    ['', false],
    ['rooms', false],
    ['wss://', false],
    ['https://rooms.example.com', false],
    ['wss://rooms.example.com/#top', false],
    ['wss://user:hidden@rooms.example.com/#a#b', false],
    [new URL(url), false],
    [Symbol('url'), false],
  ])('[CT7] builds for pages refuse the urls that others refuse: %p', (given, isGood) => {
    for (const fault of [urlFault(given), pageUrlFault(given)]) {
      expect(fault === undefined).toBe(isGood)
      expect(fault?.message ?? '').not.toContain('hidden')
    }
  })

  it('[CT7] the nearest option is suggested', () => {
    const remedy = (options: object): string =>
      (see(create({ url, ...options }).state$).only() as { readonly because: ReturnType<typeof left> }).because.remedy
    expect(remedy({ tokne: 'x' })).toMatch(/^Did you mean token\?/)
    expect(remedy({ backoff: { floor: 1 } })).toMatch(/^Did you mean floorMs\?/)
    expect(remedy({ presence: true })).toMatch(/^Leave it out: there are url, token,/)
  })

  it('[CT7] every operation answers Left with what is wrong, every stream completes, nothing throws or waits', () => {
    const time = virtualTime()
    const scheduler = tally(time)
    const client = create({ url: 'nonsense', scheduler })
    const room = client.room('lobby', Chat)
    const answers: Observable<Result<unknown>>[] = [
      client.connect(),
      room.join(),
      room.on('message'),
      room.messages(),
      room.send('message', { text: 'x' }),
      room.post('message', { text: 'x' }),
      manyRooms(client, ['a'], Chat).on('message'),
    ]
    for (const answer of answers) expect(left(see(answer).only())).toMatchObject({ option: 'url' })
    for (const act of [client.disconnect(), client.close(), room.leave()])
      expect(E.isRight(see<Result<unknown>>(act).only())).toBe(true)
    const streams: Observable<unknown>[] = [
      client.state$,
      client.session$,
      client.with(metrics).metrics$,
      client.with(outbox).outbox$,
      client.faults$,
      client.undelivered$,
      room.membership$,
    ]
    expect(streams.map((stream) => see(stream).isComplete())).toEqual(streams.map(() => true))
    time.advanceBy(3_600_000)
    expect(scheduler.pending()).toBe(0)
  })

  it('[CT7] a password or token in the url is not repeated', () => {
    const long = `canary-${'x'.repeat(24)}`
    for (const url of [
      'ftp://ana:canary@host/?jwt=canary',
      'ws//ana:canary@host',
      'host?jwt=canary',
      'host?canary',
      long,
    ]) {
      expect(JSON.stringify(see(create({ url }).state$).only())).not.toContain('canary')
    }
    expect(see(create({ url: 'host/?a=b&c=d' }).state$).only()).toMatchObject({
      because: { message: 'url is "host/?a=***&c=***", no URL.' },
    })
  })

  it('[CT7] takes undefined for what is left out', () => {
    const { client, network, time, end } = world()
    const ana = client({ token: undefined, backoff: { floorMs: undefined }, outbox: { ageMs: undefined } })
    ana.connect()
    time.advanceBy(100)
    network.cut()
    time.advanceBy(2_000)
    expect(see(ana.state$).last()._tag).toBe('Online')
    const sent = see(ana.room('lobby', Chat).send('message', { text: 'x' }))
    time.advanceBy(100)
    expect(right(sent.only()).position.offset).toBe(1)
    expect(end()).toBe(0)
  })
})
