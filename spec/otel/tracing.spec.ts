import * as E from '#fp/Either'
import { firstValueFrom, tap } from 'rxjs'
import { metrics } from '../../lib/features/observe/index.js'
import { history, last } from '../../lib/features/history/index.js'
import { observeClient, observeServer, tracedServer, tracing, type SpanAbout } from '../../lib/features/otel/index.js'
import { linksOf, traceparentOf } from '../../lib/features/otel/traceparent.js'
import type { Message } from '../../lib/index.js'
import { world } from '../../lib/testing/world.js'
import { Chat } from '../support/chat.js'
import { right, see } from '../support/seen.js'
import { api, metering, recording, type ExportedSpan } from './sdk.js'

let recorder: ReturnType<typeof recording>
beforeEach(() => {
  recorder = recording()
})
afterEach(() => {
  recorder.stop()
})

const traced = (options?: Parameters<typeof tracing>[1]) => {
  const here = world({
    authorize: ({ room }) => [room === 'closed' ? [] : room === 'readonly' ? ['read'] : ['read', 'publish', 'history']],
  })
  const client = () => here.client().with(tracing(api, options))
  return { ...here, traced: client, advance: here.time.advanceBy }
}
const idOf = (span: ExportedSpan | undefined): string | undefined => span?.spanContext().spanId
const linked = (span: ExportedSpan | undefined): readonly string[] =>
  span?.links.map(({ context }) => context.spanId) ?? []

describe('tracing with the SDK of OpenTelemetry', () => {
  it('[HE21] each attempt to connect is a span, with the code of its failure', () => {
    const { traced: client, network, advance, end } = traced()
    network.refuse(true)
    const ana = client()
    ana.connect()
    advance(10)
    network.refuse(false)
    advance(60_000)
    const [first, ...more] = recorder.spans('connect')
    expect(first).toMatchObject({
      kind: 2,
      status: { code: 2 },
      attributes: { 'error.type': 'connection/closed', 'rx_rooms.attempt': 0, 'messaging.system': 'rx-rooms' },
    })
    expect(more.at(-1)).toMatchObject({ status: { code: 0 }, attributes: { 'rx_rooms.attempt': more.length } })
    expect(end()).toBe(0)
  })

  it('[HE22] a send and a post are spans of the caller, from the call to the receipt or the error', () => {
    const { traced: client, advance, end } = traced()
    const ana = client()
    const caller = api.trace.getTracer('spec').startSpan('caller')
    api.context.with(api.trace.setSpan(api.context.active(), caller), () => {
      ana.room('lobby', Chat).send('message', { text: 'a' })
    })
    expect(recorder.spans('send')).toEqual([])
    ana.room('readonly', Chat).post('message', { text: 'b' })
    ana.room('lobby', Chat).send('message', { text: 7 } as never)
    advance(1_000)
    const spans = recorder.spans('send')
    expect(spans.map(({ attributes, status, kind }) => [attributes['error.type'], status.code, kind])).toEqual([
      ['decode/unsendable', 2, 3],
      ['delivery/forbidden', 2, 3],
      [undefined, 0, 3],
    ])
    expect(spans[2]?.parentSpanContext?.spanId).toBe(caller.spanContext().spanId)
    expect(spans[0]?.attributes).toMatchObject({
      'messaging.operation.name': 'send',
      'messaging.operation.type': 'send',
    })
    expect(end()).toBe(0)
  })

  it('[HE23] [PR200] the span of a received message is linked to the one that sent it, live and from the log, and no child of it', () => {
    const { traced: client, advance, client: plain, end } = traced()
    const [ana, ben] = [client(), client()]
    see(ben.room('lobby', Chat).on('message'))
    advance(1_000)
    const outgoing = see(ana.room('lobby', Chat).send('message', { text: 'a' }))
    // The context of a timer or of another message is no cause.
    const other = api.trace.getTracer('spec').startSpan('other')
    api.context.with(api.trace.setSpan(api.context.active(), other), () => {
      advance(1_000)
    })
    const [sent] = recorder.spans('send')
    const [got] = recorder.spans('process')
    expect(linked(got)).toEqual([idOf(sent)])
    expect(got).toMatchObject({
      kind: 4,
      parentSpanContext: undefined,
      attributes: { 'messaging.operation.type': 'process' },
    })
    expect(got?.spanContext().traceId).not.toBe(sent?.spanContext().traceId)
    expect(right(outgoing.only()).id).toBe(`00-${sent?.spanContext().traceId}-${idOf(sent)}-01`)
    see(
      client()
        .room('lobby', Chat)
        .with(history)
        .messages({ from: last(5) }),
    )
    see(
      plain()
        .room('lobby', Chat)
        .on('message', { from: last(5) }),
    )
    advance(1_000)
    expect(recorder.spans('process').map(linked)).toEqual([[idOf(sent)], [idOf(sent)]])
    expect(end()).toBe(0)
  })

  it('[HE24] a join is a span, with the code of a refusal', () => {
    const { traced: client, advance, end } = traced()
    const ana = client()
    const answers = ['lobby', 'closed'].map((name) => see(ana.room(name, Chat).join()))
    advance(1_000)
    expect(answers.map((answer) => answer.only()._tag)).toEqual(['Right', 'Left'])
    expect(recorder.spans('join').map(({ attributes }) => attributes['error.type'])).toEqual([
      'room/forbidden',
      undefined,
    ])
    expect(end()).toBe(0)
  })

  it('[HE25] a publish of the server is a span, and its receivers are linked to it', () => {
    const { traced: client, server, advance, end } = traced()
    see(client().room('lobby', Chat).on('message'))
    advance(1_000)
    const receipt = see(tracedServer(api, server()).publish('lobby', 'message', { text: 'a' }))
    see(tracedServer(api, server()).publish('', 'message', { text: 'a' }))
    see(tracedServer(api, server()).to({ room: 'lobby' }).publish('message', { text: 'b' }))
    see(tracedServer(api, server()).to('all').publish('message', { text: 'c' }))
    advance(1_000)
    const [published, toRoom, toAll, failed] = [...recorder.spans('publish')].sort(
      (a, b) => a.status.code - b.status.code,
    )
    expect(right(receipt.only()).id).toContain(idOf(published))
    expect(failed?.attributes['error.type']).toMatch(/^(config|delivery)\//)
    expect(recorder.spans('process').map(linked)).toEqual([[idOf(published)], [idOf(toRoom)]])
    expect(toAll?.status.code).toBe(0)
    expect(end()).toBe(0)
  })

  it('[HE26] no attribute holds a name of a room, an event or a user, or a payload; a function adds what it returns', () => {
    const run = (options?: Parameters<typeof tracing>[1]) => {
      const { traced: client, server, advance, end } = traced(options)
      const ana = client()
      see(ana.room('secret-room', Chat).on('message'))
      see(ana.room('secret-room', Chat).join())
      ana.room('secret-room', Chat).send('message', { text: 'secret-text' })
      tracedServer(api, server(), options).publish('secret-room', 'message', { text: 'secret-text' })
      advance(1_000)
      expect(end()).toBe(0)
    }
    run()
    const all = recorder.spans()
    expect(new Set(all.map(({ name }) => name))).toEqual(new Set(['connect', 'join', 'send', 'process', 'publish']))
    for (const { name, attributes } of all)
      expect(JSON.stringify([name, attributes])).not.toMatch(/secret|"message"|anonymous/)
    const asked: SpanAbout[] = []
    run({
      attributes: (about) => {
        asked.push(about)
        if (about.span === 'join') throw new Error('no table of rooms')
        return { room: about.room ?? '' }
      },
    })
    const later = recorder.spans().slice(all.length)
    expect(later.filter(({ name }) => name === 'send').map(({ attributes }) => attributes['room'])).toEqual([
      'secret-room',
    ])
    expect(later.find(({ name }) => name === 'join')?.attributes).toMatchObject({ 'rx_rooms.attributes_failed': true })
    expect(asked).toContainEqual({ span: 'send', room: 'secret-room', event: 'message' })
  })

  it('[HE27] without an SDK nothing changes: neither results nor ids, and no frame is longer', () => {
    recorder.stop()
    const frames = (isTraced: boolean) => {
      const here = world()
      const said: unknown[] = []
      here.network.frames$.subscribe(({ direction, data }) => said.push([direction, data]))
      const ana = isTraced ? here.client().with(tracing(api)) : here.client()
      const room = ana.room('lobby', Chat)
      const seen = see(room.on('message'))
      see(room.send('message', { text: 'a' }))
      see(room.post('message', { text: 'b' }, { id: 'mine' }))
      here.time.advanceBy(5_000)
      expect(here.end()).toBe(0)
      return JSON.stringify([said, seen.all])
    }
    expect(frames(true)).toBe(frames(false))
  })

  it('[HE28] the counters of client and server are instruments', async () => {
    const { client, server, time, end } = world()
    const { meter, collect } = metering()
    const ana = client().with(metrics)
    const stops = [observeClient(meter, ana), observeServer(meter, server())]
    see(ana.room('lobby', Chat).send('message', { text: 'a' }))
    see(ana.room('@x', Chat).send('message', { text: 'a' }))
    time.advanceBy(1_000)
    const found = await collect()
    expect(found.get('rx_rooms.client.acknowledged')).toMatchObject({ points: [[{}, 1]] })
    expect(found.get('rx_rooms.client.undelivered_causes')).toMatchObject({
      points: [[{ cause: expect.any(String) as string }, 1]],
    })
    expect(found.get('rx_rooms.server.links')).toEqual({ type: 'OBSERVABLE_GAUGE', points: [[{}, 1]] })
    expect(found.get('rx_rooms.server.publishes_accepted')).toEqual({ type: 'OBSERVABLE_COUNTER', points: [[{}, 1]] })
    for (const stop of stops) stop()
    see(ana.room('lobby', Chat).send('message', { text: 'b' }))
    time.advanceBy(1_000)
    expect((await collect()).get('rx_rooms.client.acknowledged')).toMatchObject({ points: [[{}, 1]] })
    expect((await collect()).get('rx_rooms.server.publishes_accepted')).toMatchObject({ points: [[{}, 1]] })
    expect(end()).toBe(0)
  })

  it('[HE29] a subscriber runs in the span of its message; one that throws is a fault, and its span ends', () => {
    const { traced: client, advance, end } = traced()
    const ana = client()
    const faults = see(ana.faults$)
    const active: (string | undefined)[] = []
    ana
      .room('lobby', Chat)
      .on('message')
      .pipe(
        tap(() => active.push(api.trace.getActiveSpan()?.spanContext().spanId)),
        tap(() => api.trace.getTracer('spec').startSpan('work', {}, api.context.active()).end()),
      )
      .subscribe(() => {
        throw new Error('broken view')
      })
    advance(100)
    ana.room('lobby', Chat).send('message', { text: 'a' })
    advance(1_000)
    const [processed] = recorder.spans('process')
    expect(active).toEqual([idOf(processed)])
    expect(recorder.spans('work')[0]?.parentSpanContext?.spanId).toBe(idOf(processed))
    expect(faults.all).toMatchObject([{ _tag: 'SubscriberThrew' }])
    expect(api.trace.getActiveSpan()).toBeUndefined()
    expect(end()).toBe(0)
  })

  it('[HE30] an id that the application gives stays; its receivers have no link. Options are checked as without tracing', async () => {
    const { traced: client, advance, end } = traced()
    const ana = client()
    const room = ana.room('lobby', Chat)
    const seen: E.Either<unknown, Message<{ text: string }>>[] = []
    room.on('message').subscribe((each) => seen.push(each))
    advance(100)
    const [named, wrong, none] = [
      see(room.send('message', { text: 'a' }, { id: 'mine' })),
      see(room.send('message', { text: 'a' }, 'now' as never)),
      see(room.send('message', { text: 'b' }, null as never)),
    ]
    advance(1_000)
    expect(right(named.only()).id).toBe('mine')
    expect(wrong.only()).toMatchObject({ left: { code: 'config/invalid' } })
    expect(right(none.only()).id).toMatch(/^00-/)
    expect(recorder.spans('process').map((span) => linked(span).length)).toEqual([0, 1])
    expect(E.isRight(await firstValueFrom(ana.close({ drainMs: 0 })))).toBe(true)
    expect(end()).toBe(0)
  })

  it('[PR200] only a valid, sampled traceparent is an id, and only such an id is a link', () => {
    const [traceId, spanId] = ['a'.repeat(32), 'b'.repeat(16)]
    expect(traceparentOf({ traceId, spanId, traceFlags: 0 })).toBeUndefined()
    const id = traceparentOf({ traceId, spanId, traceFlags: 1 }) ?? ''
    expect([id.length, linksOf(id)]).toEqual([55, [{ context: { traceId, spanId, traceFlags: 1 } }]])
    const others = [
      '',
      'mine',
      `${id}0`,
      `00-${'0'.repeat(32)}-${spanId}-01`,
      `00-${traceId}-${'0'.repeat(16)}-01`,
      `01-${traceId}-${spanId}-01`,
      id.toUpperCase(),
    ]
    for (const other of others) expect(linksOf(other)).toEqual([])
  })
})
