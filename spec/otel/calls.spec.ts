import * as E from '#fp/Either'
import * as t from 'io-ts'
import { map, NEVER, throwError, timer } from 'rxjs'
import { contract } from '../../lib/contract/contract.js'
import { declared } from '../../lib/contract/declared.js'
import { asks, calls, clientCalls, command, query, stream } from '../../lib/features/calls/index.js'
import { type SpanAbout, tracedAnswers, tracedServer, tracing } from '../../lib/features/otel/index.js'
import { type CallHandlers, serverAnswers, answers } from '../../lib/server/calls/answers.js'
import { world } from '../../lib/testing/world.js'
import { see } from '../support/seen.js'
import { api, type ExportedSpan, recording } from './sdk.js'

const Shop = contract({
  calls: {
    price: query({ input: t.string, output: t.number, errors: { gone: t.string } }),
    buy: command({ input: t.string, output: t.number }),
    offers: stream({ output: t.number }),
  },
})
type Handlers = Partial<CallHandlers<(typeof Shop)['calls']>>

let recorder: ReturnType<typeof recording>
beforeEach(() => {
  recorder = recording()
})
afterEach(() => {
  recorder.stop()
})

const shop = (given: Handlers, options?: Parameters<typeof tracing>[1]) => {
  const handlers = {
    price: () => [E.right(3)],
    buy: () => [E.right(4)],
    offers: () => [E.right(1), E.right(2)],
    ...given,
  }
  const here = world({
    calls: [
      tracedAnswers(api, serverAnswers(Shop, handlers), options),
      tracedAnswers(api, answers(Shop, handlers), options),
    ],
  })
  const client = () => here.client().with(tracing(api, options))
  return { ...here, client, plain: here.client, advance: here.time.advanceBy }
}
const idOf = (span: ExportedSpan | undefined): string | undefined => span?.spanContext().spanId
const linked = (span: ExportedSpan | undefined): readonly string[] =>
  span?.links.map(({ context }) => context.spanId) ?? []
const errors = (name: string): readonly unknown[] =>
  recorder.spans(name).map(({ attributes }) => attributes['error.type'])
const active = (): string | undefined => api.trace.getActiveSpan()?.spanContext().spanId

describe('tracing of calls with the SDK of OpenTelemetry', () => {
  it('[HE31] each subscription of a call is a span of its own in the context of its caller, to the last answer or its error', () => {
    const { client, advance, end } = shop({ buy: () => NEVER })
    const ana = client()
    const { call } = ana.with(clientCalls(Shop))
    const caller = api.trace.getTracer('spec').startSpan('caller')
    const price$ = call('price', 'tea')
    api.context.with(api.trace.setSpan(api.context.active(), caller), () => {
      see(price$)
      see(price$)
    })
    see(ana.room('den', Shop).with(calls).call('offers'))
    see(call('buy', 'tea', { withinMs: 500 }))
    see(call('price', 7 as never))
    see(call('buy', 'milk', { withinMs: 9_000 })).stop()
    advance(1_000)
    const spans = recorder.spans('call')
    expect(spans.map(({ kind }) => kind)).toEqual([2, 2, 2, 2, 2, 2])
    expect(new Set(spans.map(idOf)).size).toBe(6)
    expect([...errors('call')].sort()).toEqual([
      'call/late',
      'decode/unsendable',
      undefined,
      undefined,
      undefined,
      undefined,
    ])
    const inCaller = spans.filter(({ parentSpanContext }) => parentSpanContext?.spanId === idOf(caller as never))
    expect(inCaller).toHaveLength(2)
    expect(end()).toBe(0)
  })

  it('[HE32] a handler of the server runs in a span of its own until its answer, which is linked to the call and no child of it', async () => {
    const seen: unknown[] = []
    const later = Promise.resolve(E.right(7))
    const { client, plain, advance, time, end } = shop({
      price: (name) => {
        seen.push(active())
        if (name === 'throws') throw new Error('no')
        if (name === 'errors') return throwError(() => new Error('no'))
        if (name === 'gone') return declared('gone', 'yes')
        if (name === 'slow') return timer(300, time).pipe(map(() => E.right(2)))
        return name === 'later' ? later : [E.right(3)]
      },
    })
    const { call } = client().with(clientCalls(Shop))
    see(call('price', 'tea'))
    advance(100)
    const [called] = recorder.spans('call')
    const [answered] = recorder.spans('answer')
    expect(answered).toMatchObject({
      kind: 1,
      parentSpanContext: undefined,
      attributes: { 'messaging.operation.name': 'answer' },
    })
    expect(linked(answered)).toEqual([idOf(called)])
    expect(seen).toEqual([idOf(answered)])
    for (const name of ['throws', 'errors', 'gone']) see(call('price', name))
    advance(100)
    expect([...errors('answer')].sort()).toEqual(['call/declared', 'call/failed', 'call/failed', undefined])
    expect([...errors('call')].sort()).toEqual(['call/declared', 'call/failed', 'call/failed', undefined])
    see(call('price', 'slow'))
    see(call('price', 'later'))
    advance(100)
    expect(recorder.spans('answer')).toHaveLength(4)
    await later
    advance(300)
    expect(recorder.spans('answer')).toHaveLength(6)
    // Without a trace of the client there is nothing to link to.
    see(plain().with(clientCalls(Shop)).call('price', 'tea'))
    advance(100)
    expect(recorder.spans('answer').map(({ links }) => links.length)).toEqual([1, 1, 1, 1, 1, 1, 0])
    expect(end()).toBe(0)
  })

  it('[HE33] calls to members are spans of those who ask, also of the server, and so is the handling by each member', () => {
    const { client, server, advance, end } = shop({})
    const [ana, ben] = [client(), client()].map((each) => each.room('den', Shop).with(asks))
    const seen: unknown[] = []
    see(
      ben!.answer('price', () => {
        seen.push(active())
        return [E.right(1)]
      }),
    )
    advance(1_000)
    see(ana!.ask('price', 'tea'))
    see(ana!.ask('buy', 'tea'))
    see(tracedServer(api, server()).to({ room: 'den' }).ask(Shop, 'price', 'tea'))
    see(tracedServer(api, server()).to({ room: 'other' }).ask(Shop, 'price', 'tea'))
    advance(1_000)
    expect([...errors('ask')].sort()).toEqual(['call/nobody', 'call/nobody', undefined, undefined])
    expect(recorder.spans('ask').map(({ kind }) => kind)).toEqual([2, 2, 2, 2])
    expect(recorder.spans('answer').map(idOf)).toEqual(seen)
    expect(seen).toHaveLength(2)
    expect(end()).toBe(0)
  })

  it('[HE26] [HE30] spans of calls hold no name and no input; the option adds what it returns; an id of the application stays', () => {
    const about: SpanAbout[] = []
    const given: string[] = []
    const attributes = (each: SpanAbout) => {
      about.push(each)
      return { kind: 'shop' }
    }
    const { client, advance, end } = shop({ buy: (_, { id }) => (given.push(id), [E.right(1)]) }, { attributes })
    see(client().room('den', Shop).with(calls).call('buy', 'secret tea', { id: 'mine' }))
    advance(1_000)
    expect(given).toEqual(['mine'])
    expect(about).toContainEqual({ span: 'call', room: 'den', call: 'buy' })
    expect(about).toContainEqual({ span: 'answer', room: 'den', call: 'buy' })
    const spans = [...recorder.spans('call'), ...recorder.spans('answer')]
    expect(spans.map((span) => [span.attributes['kind'], span.links.length])).toEqual([
      ['shop', 0],
      ['shop', 0],
    ])
    expect(JSON.stringify(spans.map(({ name, attributes: own }) => [name, own]))).not.toMatch(/den|buy|secret|mine/)
    expect(end()).toBe(0)
  })

  it('[HE27] without an SDK tracing changes no call and no id', () => {
    recorder.stop()
    const ids: string[] = []
    const { client, advance, end } = shop({ price: (_, { id }) => (ids.push(id), [E.right(3)]) })
    const answer = see(client().with(clientCalls(Shop)).call('price', 'tea'))
    advance(1_000)
    expect(answer.only()).toEqual(E.right(3))
    expect(ids[0]).toMatch(/^id-\d+$/)
    expect(end()).toBe(0)
  })
})
