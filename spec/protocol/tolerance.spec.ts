import { readClient } from '../../lib/protocol/client-frames.js'
import type { Read } from '../../lib/protocol/read.js'
import { isMsg, readServer } from '../../lib/protocol/server-frames.js'
import { clientFrames, join, limits, serverFrames, welcome } from '../../lib/testing/conformance/codec/frames.js'
import { put } from './put.js'

type Fields = Readonly<Record<string, unknown>>

const fieldsOf = (value: unknown): Fields => value as Fields

const because = (read: Read<unknown>): string => (read._tag === 'Malformed' ? read.because : `read as ${read._tag}`)

const long = 'x'.repeat(257)

/** The optional elements that a positional frame does not have. */
const missing = (frame: readonly unknown[]): readonly unknown[] =>
  frame[0] === 'm' ? [null] : frame[0] === 'p' && frame.length === 10 ? [1] : []

describe('forward compatibility', () => {
  it('[PR7] ignores fields that it does not know, and elements after those it knows', () => {
    for (const [name, frame] of [...Object.entries(clientFrames), ...Object.entries(serverFrames)]) {
      const read = name in clientFrames && clientFrames[name] === frame ? readClient : readServer
      if (Array.isArray(frame)) {
        if (frame[0] !== 'a') expect(read([...(frame as unknown[]), ...missing(frame), { new: 1 }])._tag).toBe('Frame')
      } else expect(read({ ...(frame as object), new: { deep: [1] } })._tag).toBe('Frame')
    }
    expect(readServer({ ...welcome, limits: { ...limits, calls: 100 } })).toMatchObject({
      _tag: 'Frame',
      frame: welcome,
    })
  })

  it.each([
    [
      { t: 'later', a: 1 },
      { t: 'later', must: false },
    ],
    [
      { t: 'later', ref: 4 },
      { t: 'later', ref: 4, must: false },
    ],
    [
      { t: 'later', ref: 4, must: true },
      { t: 'later', ref: 4, must: true },
    ],
    [
      { t: 'later', must: 'true' },
      { t: 'later', must: false },
    ],
    [
      { t: 'later', ref: 'x' },
      { t: 'later', must: false },
    ],
    [['z', 1, 2], { t: 'z', must: false }],
    [['z', 1, { must: true }], { t: 'z', must: false }],
    [{ t: 'x'.repeat(1_000) }, { t: 'x'.repeat(64), must: false }],
    [['x'.repeat(1_000)], { t: 'x'.repeat(64), must: false }],
  ])('[PR8] reports %j as unknown', (raw, expected) => {
    expect(readClient(raw)).toEqual({ _tag: 'Unknown', ...expected })
    const { t, must } = expected
    expect(readServer(raw)).toEqual({ _tag: 'Unknown', t, must })
  })

  it('[PR8] knows the frames of its own direction only', () => {
    for (const t of ['welcome', 'joined', 'refused', 'bye']) expect(readClient({ t })._tag).toBe('Unknown')
    for (const t of ['hello', 'join', 'leave', 'auth', 'seen']) expect(readServer({ t })._tag).toBe('Unknown')
    expect(readClient(serverFrames['msg'])._tag).toBe('Unknown')
    expect(readServer(clientFrames['pub'])._tag).toBe('Unknown')
  })

  it('[PR10] reads words of a later version as the ones that promise least', () => {
    const read = (name: string, change: object): unknown => {
      const result = readServer({ ...fieldsOf(serverFrames[name]), ...change })
      return result._tag === 'Frame' ? result.frame : result
    }
    expect(read('refused frame', { kind: 'later' })).toHaveProperty('kind', 'unknown')
    expect(read('left', { kind: 'later' })).toHaveProperty('kind', 'unknown')
    expect(read('gap', { because: 'later' })).toHaveProperty('because', 'lost')
    expect(read('joined', { because: 'later' })).toHaveProperty('because', 'lost')
    expect(read('joined', { permissions: ['read', 'later'] })).toHaveProperty('permissions', ['read'])
    expect(read('joined', { permissions: ['later'] })).not.toHaveProperty('because')
    expect(read('welcome', { durability: 'later' })).toHaveProperty('durability', 'memory')
    expect(readClient({ ...join, want: ['later', 'messages'] })).toEqual({ _tag: 'Frame', frame: join })
  })
})

describe('what is no envelope', () => {
  it.each([null, 5, 'text', true, [], [[]], [null], [7], {}, { t: 1 }, { t: null }])('[PR4] refuses %j', (raw) => {
    expect(because(readClient(raw))).toMatch(/^envelope/)
    expect(because(readServer(raw))).toMatch(/^envelope/)
  })

  it('[PR13] takes no reserved key where it reads an object', () => {
    for (const key of ['__proto__', 'constructor', 'prototype']) {
      const smuggled = (frame: unknown): unknown =>
        JSON.parse(JSON.stringify({ smuggled: 1, ...(frame as object) }).replace('smuggled', key))
      expect(readClient(smuggled(join))._tag).toBe('Malformed')
      expect(readServer(smuggled(serverFrames['joined']))._tag).toBe('Malformed')
      expect(readServer(put(serverFrames['joined'], 'info', smuggled({})))._tag).toBe('Malformed')
      expect(readClient({ ...join, from: smuggled({ epoch: 'e', offset: 1 }) })._tag).toBe('Malformed')
      expect(
        readClient({ ...fieldsOf(clientFrames['hello']), session: smuggled({ instance: 'i', generation: 1 }) })._tag,
      ).toBe('Malformed')
      expect(readServer({ ...welcome, limits: smuggled(limits) })._tag).toBe('Malformed')
      expect(isMsg([...(serverFrames['msg'] as readonly unknown[]), smuggled({ prev: 1 })])).toBe(false)
    }
  })
})

describe('what a refusal says', () => {
  it('[PR12] what was expected where, and little of what was there', () => {
    expect(readClient({ ...join, room: long })).toEqual({
      _tag: 'Malformed',
      because: `join.room: expected a text of 1 to 256 bytes, got "${'x'.repeat(62)}…`,
    })
    expect(because(readClient({ ...join, ch: {} }))).toBe('join.ch: expected a whole number from 1, got an object')
    expect(because(readClient({ t: 'leave' }))).toBe('leave.ch: expected a whole number from 0, got nothing')
    expect(because(readServer(put(serverFrames['bye'], 'reconnect', '😀'.repeat(100))))).not.toMatch(/\p{Surrogate}/u)
  })

  it('[PR12] never a token, a password or a resume secret', () => {
    const canary = 'CANARY'
    const hello = fieldsOf(clientFrames['hello'])
    const session = fieldsOf(hello['session'])
    const wrongs: unknown[] = [
      { ...hello, token: canary, can: 1 },
      { ...hello, token: [canary] },
      { ...hello, token: canary, session: canary },
      { ...hello, session: { ...session, resume: [canary] } },
      { ...hello, session: { ...session, resume: canary, generation: canary } },
      { ...hello, rooms: canary },
      { ...hello, rooms: [canary] },
      { ...hello, rooms: [{ ...join, password: [canary] }] },
      { t: 'auth', ref: 1, token: [canary] },
      { t: 'auth', token: canary },
      { ...join, ch: 0, password: canary },
      canary,
    ]
    for (const raw of wrongs) {
      expect(because(readClient(raw))).toContain(': expected ')
      expect(because(readClient(raw))).not.toContain(canary)
    }
    const secret = put(put(welcome, 'session.resume', canary), 'session.id', '')
    expect(because(readServer(secret))).not.toContain(canary)
  })
})
