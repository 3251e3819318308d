import type { Kind } from '../../lib/core/error.js'
import { gap, type GapCause } from '../../lib/core/position.js'
import { gapError } from '../../lib/rooms/deliver.js'
import { refused } from '../../lib/kernel/refusal.js'
import { unreadable } from '../../lib/rooms/error.js'

describe('what the server refuses', () => {
  it.each<[code: string, kind: Kind, tag: string, as: string, remedy: RegExp]>([
    ['room/forbidden', 'terminal', 'RoomError', 'room/forbidden', /permission/],
    ['room/kicked', 'terminal', 'RoomError', 'room/kicked', /removed/],
    ['room/not-found', 'terminal', 'RoomError', 'room/not-found', /mustExist/],
    ['room/of-later', 'terminal', 'RoomError', 'room/of-later', /whoever runs the server/],
    ['room/of-later', 'unknown', 'RoomError', 'room/of-later', /whoever runs the server/],
    ['room/of-later', 'retry', 'RoomError', 'room/of-later', /tried again/],
    ['auth/expired', 'reauth', 'AuthenticationError', 'auth/expired', /whoever/],
    ['session/gone', 'retry', 'ConnectionError', 'session/gone', /tried again/],
    ['protocol/malformed', 'terminal', 'ConnectionError', 'protocol/malformed', /whoever/],
    ['connection/busy', 'retry', 'ConnectionError', 'connection/busy', /tried again/],
    ['weather/server/hot', 'terminal', 'ConnectionError', 'server/weather-server-hot', /whoever/],
  ])('[RM5] as %s, %s is a %s %s that says what to do', (code, kind, _tag, as, remedy) => {
    const error = refused('lobby', { code, kind, message: 'x'.repeat(300) })
    const message = `${as.startsWith('room/') ? 'Room lobby: ' : ''}${'x'.repeat(256)}`
    expect(error).toMatchObject({ _tag, code: as, kind, message })
    expect(error.remedy).toMatch(remedy)
    expect([error.retryAfterMs, error.spreadMs].filter((wish) => wish !== undefined)).toEqual([])
    expect(Object.keys(error)).not.toContain('retryAfterMs')
    expect(Object.keys(error)).not.toContain('spreadMs')
  })

  it('[RM5] keeps its wishes', () => {
    const wishes = { retryAfterMs: 5, spreadMs: 7 }
    expect(refused('lobby', { code: 'room/busy', kind: 'retry', message: '', ...wishes })).toMatchObject(wishes)
  })
})

describe('a gap', () => {
  it.each<[because: GapCause, message: string]>([
    ['truncated', '3 messages of lobby are missing: the server no longer had them.'],
    ['forbidden', '3 messages of lobby are missing: the history may not be read.'],
    ['overflow', '3 messages of lobby are missing: they came faster than they were taken.'],
    ['lost', '3 messages of lobby are missing: the server skipped them.'],
  ])('[RM7] says how many are missing, and why: %s', (because, message) => {
    const missing = gap('lobby', { epoch: 'E', offset: 4 }, { epoch: 'E', offset: 7 }, because)
    expect(gapError(missing)).toMatchObject({
      code: 'room/gap',
      message,
      kind: 'terminal',
      room: 'lobby',
      gap: missing,
    })
    expect(gapError(missing).remedy).toMatch(/Load the state anew/)
  })

  it('[RM13] to another log does not say how many', () => {
    const missing = gap('lobby', { epoch: 'E', offset: 4 }, { epoch: 'F', offset: 7 }, 'epoch')
    expect(gapError(missing).message).toBe(
      'An unknown number of messages of lobby are missing: the server started the room anew.',
    )
  })
})

describe('a payload that does not decode', () => {
  it.each([
    ['author.name', 'lobby/message at author.name: expected string, got 7.'],
    ['', 'lobby/message: expected string, got 7.'],
  ])('[RM10] [SG3] says where it differs and how: "%s"', (path, message) => {
    const mismatch = { path, expected: 'string', actual: '7' }
    const position = { epoch: 'E', offset: 3 }
    const told = { code: 'decode/payload', kind: 'terminal', room: 'lobby', event: 'message', message, ...mismatch }
    expect(unreadable('lobby', 'message', mismatch, position)).toMatchObject({ ...told, position })
    const signal = unreadable('lobby', 'message', mismatch)
    expect(signal).toMatchObject(told)
    expect(signal).not.toHaveProperty('position')
    expect(signal.remedy).toMatch(/correct one of them/)
  })
})
