import { bounds } from '../../lib/protocol/frame.js'
import { readClient } from '../../lib/protocol/client-frames.js'
import type { Read } from '../../lib/protocol/read.js'
import { isMsg, readServer } from '../../lib/protocol/server-frames.js'
import { clientFrames, join, serverFrames } from '../../lib/testing/conformance/codec/frames.js'
import { put } from './put.js'

const because = (read: Read<unknown>): string => (read._tag === 'Malformed' ? read.because : `read as ${read._tag}`)

const long = 'x'.repeat(257)
const joins = { t: 'joins', ch: 3, rooms: ['a', 'b'], want: ['messages'] }

describe('the guard of client frames', () => {
  it.each(Object.entries(clientFrames))('[PR11] takes %s', (_, frame) => {
    expect(readClient(structuredClone(frame))).toEqual({ _tag: 'Frame', frame })
  })

  it.each<[frame: string, path: string, value: unknown, where: string]>([
    ['hello', 'can', undefined, 'hello.can'],
    ['hello', 'can', [1], 'hello.can'],
    ['hello', 'token', '', 'hello.token'],
    ['hello', 'token', null, 'hello.token'],
    ['hello', 'session', undefined, 'hello.session'],
    ['hello', 'session.instance', '', 'hello.session.instance'],
    ['hello', 'session.instance', long, 'hello.session.instance'],
    ['hello', 'session.generation', -1, 'hello.session.generation'],
    ['hello', 'session.generation', 0.5, 'hello.session.generation'],
    ['hello', 'session.generation', 2 ** 53, 'hello.session.generation'],
    ['hello', 'session.resume', 5, 'hello.session.resume'],
    ['hello', 'session.resume', '', 'hello.session.resume'],
    ['hello', 'rooms', {}, 'hello.rooms'],
    ['hello', 'rooms', [join, { ...join, ch: '2' }], 'hello.rooms.1.ch'],
    ['hello', 'rooms', [join, { ...join, t: 'leave' }], 'hello.rooms.1.t'],
    ['hello', 'rooms', [join, 7], 'hello.rooms.1.t'],
    ['hello', 'rooms', [{ ...joins, rooms: ['a', ''] }], 'hello.rooms.0.rooms.1'],
    ['hello', 'rooms', [join, { ...joins, from: ['e', 1] }], 'hello.rooms.1.from'],
    ['hello', 'rooms', Array(17).fill({ ...joins, rooms: Array(256).fill('a') }), 'hello.rooms'],
    ['joins', 'ch', 0, 'joins.ch'],
    ['joins', 'rooms', [], 'joins.rooms'],
    ['joins', 'rooms', Array(257).fill('a'), 'joins.rooms'],
    ['joins', 'from', [], 'joins.from'],
    ['joins', 'from', [1, 2], 'joins.from'],
    ['joins', 'from', ['e', 1], 'joins.from'],
    ['joins', 'from', ['e', 1, 2, 3], 'joins.from'],
    ['joins', 'from', ['e', 1, '', 2], 'joins.from.2'],
    ['joins', 'from', ['e', 1, -1], 'joins.from.2'],
    ['auth', 'ref', undefined, 'auth.ref'],
    ['auth', 'token', undefined, 'auth.token'],
    ['auth', 'token', '', 'auth.token'],
    ['join', 'ch', 0, 'join.ch'],
    ['join', 'ch', '1', 'join.ch'],
    ['join', 'room', undefined, 'join.room'],
    ['join', 'want', 'messages', 'join.want'],
    ['join', 'want', [1], 'join.want'],
    ['join', 'from', null, 'join.from'],
    ['join', 'from', {}, 'join.from.epoch'],
    ['join', 'from', { epoch: 'e1' }, 'join.from.offset'],
    ['join', 'from', { epoch: '', offset: 1 }, 'join.from.epoch'],
    ['join', 'from', { epoch: 'e1', offset: -1 }, 'join.from.offset'],
    ['join', 'from', { last: 1.5 }, 'join.from.last'],
    ['join', 'mustExist', 1, 'join.mustExist'],
    ['join', 'password', 1, 'join.password'],
    ['leave', 'ch', undefined, 'leave.ch'],
    ['history', 'count', 0, 'history.count'],
    ['history', 'after', { epoch: 'e' }, 'history.after.offset'],
    ['history after a position', 'before', { epoch: 'e', offset: 1 }, 'history'],
    ['ping', 'n', 'x', 'ping.n'],
    ['pong', 'n', undefined, 'pong.n'],
    ['pong', 'seen', -1, 'pong.seen'],
    ['seen', 'n', Infinity, 'seen.n'],
    ['pub', '1', -1, 'p.ref'],
    ['pub', '2', 7, 'p.room'],
    ['pub', '3', '', 'p.producer'],
    ['pub', '4', 0, 'p.seq'],
    ['pub', '5', -1, 'p.after'],
    ['pub', '5', 1, 'p.after'],
    ['pub', '6', null, 'p.id'],
    ['pub', '7', undefined, 'p.event'],
    ['pub', '9', undefined, 'p.flags'],
    ['pub', '9', '1', 'p.flags'],
  ])('[PR11] refuses %s with %s = %p', (name, path, value, where) => {
    expect(because(readClient(put(clientFrames[name], path, value)))).toContain(`${where}: expected `)
  })

  it.each([
    ['join', 'room', bounds.roomBytes],
    ['join', 'from', bounds.idBytes],
    ['pub', '2', bounds.roomBytes],
    ['pub', '3', bounds.idBytes],
    ['pub', '6', bounds.idBytes],
    ['pub', '7', bounds.eventBytes],
  ])('[PR16] holds %s %s to %d bytes of UTF-8', (name, path, bytes) => {
    const named = (text: string) =>
      readClient(put(clientFrames[name], path, path === 'from' ? { epoch: text, offset: 1 } : text))._tag
    expect(named('x'.repeat(bytes))).toBe('Frame')
    expect(named('x'.repeat(bytes + 1))).toBe('Malformed')
    expect(named('é'.repeat(bytes / 2))).toBe('Frame')
    expect(named(`${'é'.repeat(bytes / 2)}x`)).toBe('Malformed')
    expect(named('😀'.repeat(bytes / 4))).toBe('Frame')
    expect(named('😀'.repeat(bytes / 4 + 1))).toBe('Malformed')
    expect(named('')).toBe('Malformed')
  })

  it('[PR17] takes no unpaired surrogate in a name', () => {
    for (const room of ['a\ud800', '\udc00', '\udc00\ud800', 'é\ud83d'])
      expect(because(readClient({ ...join, room }))).toContain('join.room: expected')
  })

  it('[PR21] holds a payload to its depth', () => {
    const nested = (levels: number, item: unknown): unknown =>
      Array.from({ length: levels }).reduce<unknown>((inner, _, at) => (at % 2 ? [inner] : { x: inner }), item)
    const publish = (data: unknown) => readClient(put(clientFrames['pub'], '8', data))
    expect(publish(nested(bounds.payloadDepth, 1))._tag).toBe('Frame')
    expect(publish(nested(bounds.payloadDepth + 1, 1))).toMatchObject({ _tag: 'Malformed', ref: 1 })
    const { length } = '['.repeat(30_000)
    expect(because(publish(nested(length, 1)))).toBe('p.data: expected at most 64 levels, got an array of 1')
    expect(publish(new Uint8Array(1_000))._tag).toBe('Frame')
  })

  it('[PR21] holds the numbers of a payload to what can be printed again', () => {
    for (const text of ['1e400', '{"a":[0,-1e999]}']) {
      const data: unknown = JSON.parse(text)
      expect(readClient(put(clientFrames['pub'], '8', data))).toMatchObject({
        _tag: 'Malformed',
        because: expect.stringContaining('p.data: expected numbers in the range of a double') as string,
        ref: 1,
      })
      expect(because(readClient(['s', 1, 'e', data]))).toContain('s.data: expected numbers')
    }
  })

  it('[PR11] names the frame that it refuses by its ref', () => {
    expect(readClient(put(clientFrames['pub'], '7', ''))).toMatchObject({ _tag: 'Malformed', ref: 1 })
    expect(readClient({ t: 'auth', ref: 9 })).toMatchObject({ _tag: 'Malformed', ref: 9 })
    expect(readClient({ ref: 9 })).toMatchObject({ _tag: 'Malformed', ref: 9 })
    expect(readClient({ t: 'auth', ref: -9, token: 'x' })).not.toHaveProperty('ref')
    expect(readClient(put(clientFrames['pub'], '1', 'x'))).not.toHaveProperty('ref')
  })
})

describe('the guard of server frames', () => {
  it.each(Object.entries(serverFrames))('[PR11] takes %s', (_, frame) => {
    expect(readServer(structuredClone(frame))).toEqual({ _tag: 'Frame', frame })
  })

  it.each<[frame: string, path: string, value: unknown, where: string]>([
    ['welcome', 'session.id', 1, 'welcome.session.id'],
    ['welcome', 'session.resume', '', 'welcome.session.resume'],
    ['welcome', 'session.expiresInMs', -1, 'welcome.session.expiresInMs'],
    ['welcome', 'user', undefined, 'welcome.user'],
    ['welcome', 'roles', [1], 'welcome.roles'],
    ['welcome', 'tokenExpiresInMs', 'x', 'welcome.tokenExpiresInMs'],
    ['welcome', 'heartbeat.intervalMs', null, 'welcome.heartbeat.intervalMs'],
    ['welcome', 'limits.dedupeMs', undefined, 'welcome.limits.dedupeMs'],
    ['welcome', 'durability', 1, 'welcome.durability'],
    ['refused link', 'code', undefined, 'refused.code'],
    ['refused link', 'message', 1, 'refused.message'],
    ['refused link', 'kind', undefined, 'refused.kind'],
    ['refused link', 'ref', 'x', 'refused.ref'],
    ['refused frame', 'retryAfterMs', -1, 'refused.retryAfterMs'],
    ['refused frame', 'spreadMs', 0.5, 'refused.spreadMs'],
    ['auth.ok', 'ref', undefined, 'auth.ok.ref'],
    ['auth.ok', 'expiresInMs', 'x', 'auth.ok.expiresInMs'],
    ['joined', 'ch', undefined, 'joined.ch'],
    ['joined', 'epoch', '', 'joined.epoch'],
    ['joined', 'first', -1, 'joined.first'],
    ['joined', 'head', 2 ** 53, 'joined.head'],
    ['joined', 'base', null, 'joined.base'],
    ['joined', 'recovered', 1, 'joined.recovered'],
    ['joined', 'because', 1, 'joined.because'],
    ['joined', 'info', [], 'joined.info'],
    ['joined', 'permissions', 'read', 'joined.permissions'],
    ['left', 'ch', undefined, 'left.ch'],
    ['left', 'code', 1, 'left.code'],
    ['gap', 'ch', -1, 'gap.ch'],
    ['gap', 'from', 3, 'gap.from'],
    ['gap', 'to.offset', -1, 'gap.to.offset'],
    ['gap', 'because', undefined, 'gap.because'],
    ['pong', 'n', -1, 'pong.n'],
    ['bye', 'because', 1, 'bye.because'],
    ['bye', 'reconnect', 'later', 'bye.reconnect'],
    ['bye', 'reconnect.spreadMs', -1, 'bye.reconnect.spreadMs'],
    ['bye', 'drainMs', undefined, 'bye.drainMs'],
    ['limits', 'limits.rooms', 'many', 'limits.limits.rooms'],
    ['ack', '1', '', 'a.epoch'],
    ['ack', '2', true, 'a.repeated'],
    ['ack', '3', -1, 'a.ref'],
    ['ack', '4', 0, 'a.offset'],
    ['ack', '5', 'now', 'a.at'],
    ['ack of two', '7', 'x', 'a.offset'],
  ])('[PR11] refuses %s with %s = %p', (name, path, value, where) => {
    expect(because(readServer(put(serverFrames[name], path, value)))).toContain(`${where}: expected `)
  })

  it.each([
    ['1', '1'],
    ['2', 0],
    ['2', 1.5],
    ['2', 2 ** 53],
    ['3', 1],
    ['4', null],
    ['5', 'ann'],
    ['5', ['ann']],
    ['5', ['ann', 1]],
    ['6', '2026'],
    ['8', 1],
    ['8', { prev: -1 }],
  ])('[PR11] refuses a message with element %s = %p', (path, value) => {
    const raw = put(serverFrames['msg'], path, value)
    expect(isMsg(raw)).toBe(false)
    expect(because(readServer(raw))).toMatch(/^m: expected /)
  })

  it('[PR11] takes an acknowledgement of whole triples only', () => {
    for (const raw of [
      ['a'],
      ['a', 'e1', 0],
      ['a', 'e1', 0, 1],
      ['a', 'e1', 0, 1, 1],
      ['a', 'e1', 0, 1, 1, 1, 2],
      ['a', 'e1', 0, 'e2'],
      ['a', 'e1', 0, 1, 1, 1, 'e2'],
    ])
      expect(because(readServer(raw))).toMatch(/^a: expected triples/)
    for (const raw of [
      ['a', 'e1', 0, 'e2', 'e3', 1, 1, 1],
      ['a', 'e1', 0, 1, 'e2', 1, 1],
      ['a', 'e1', 0, 1, 1, 1, '', 2, 2, 2],
    ])
      expect(because(readServer(raw))).toMatch(/^a\.(ref|offset|epoch): expected /)
    expect(readServer(['a', 'e1', 0, 'e2', 1, 1, 1, 2, 2, 2, 'e3', 3, 3, 3])).toMatchObject({ _tag: 'Frame' })
  })

  it('[PR11] knows a message without looking at its payload', () => {
    const raw: unknown[] = ['m', 1, 1, 'm1', 'message', ['ann', 's1'], 0]
    expect(isMsg(raw)).toBe(false)
    Object.defineProperty(raw, 7, { get: () => fail('the payload was read'), enumerable: true })
    expect(isMsg(raw)).toBe(true)
  })
})
