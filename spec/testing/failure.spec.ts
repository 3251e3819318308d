import assert from 'node:assert'
import { Buffer } from 'node:buffer'
import { map, of } from 'rxjs'
import * as E from '#fp/Either'
import { tokens } from '../../lib/kernel/tokens.js'
import { completed } from '../../lib/testing/marble.js'
import { rooms, type RoomsTests } from '../../lib/testing/rooms.js'
import type { RunHelpers } from '../../lib/testing/run-helpers.js'
import { transcript } from '../../lib/testing/transcript.js'
import { virtualTime } from '../../lib/testing/virtual.js'
import { Chat } from '../support/chat.js'
import { admission } from '../../lib/features/room-life/admission.js'

const errorOf = (work: (helpers: RunHelpers) => unknown, tests: RoomsTests = rooms): Error => {
  try {
    tests.run(work)
  } catch (thrown) {
    return thrown as Error
  }
  throw new Error('nothing was thrown')
}

const lines = (...all: readonly string[]): string => all.join('\n')

describe('a failing run', () => {
  it('[TE5] its stack begins with the line of the test: that of the expectation, else that of the run', () => {
    const expected = errorOf(({ expectTimeline }) => {
      expectTimeline(of('a')).toBe([])
    })
    const leaking = errorOf(({ time }) => {
      time.schedule(() => undefined, 1_000_000)
    })
    for (const { message, stack } of [expected, leaking]) {
      expect(stack).toContain(message)
      expect(stack!.slice(`Error: ${message}`.length).trimStart().split('\n')[0]).toContain('failure.spec.ts')
    }
  })

  it('[TE5] shows the difference, and what both sides saw around it', () => {
    const { message } = errorOf(({ client, server, at, expectTimeline }) => {
      const texts$ = client({ as: 'ana' })
        .room('lobby', Chat)
        .on('message')
        .pipe(map(E.map(({ data }) => data.text)))
      at(100, () => server.drop())
      server.member('ben').at(200).join('lobby').say('message', { text: 'hi' })
      expectTimeline(texts$, { untilMs: 1_000 }).toBe([[700, E.right('hi')]])
    })
    expect(message).toBe(
      lines(
        'timelines differ at record 0 (1 records, 1 expected):',
        '',
        '  actual           expected',
        '> 704 right("hi")  700 right("hi")',
        '',
        '    ms  client                                        server',
        '     …',
        '   200                                                ben: ← joined #1 as 2 at epoch-1:0',
        '                                                      ben: → publish r1 lobby message {"text":"hi"}',
        '                                                      ben: ← ack r1@1',
        '                                                      ben: ← message 2@1 message {"text":"hi"} from ben',
        '   700  Authorizing',
        '        opens a socket',
        '        Connecting',
        '   701                                                link 2: accepts',
        '   702  Handshaking',
        '        → hello token *** + lobby #2 from epoch-1:0',
        '   703                                                client-1: → hello token *** + lobby #2 from epoch-1:0',
        '                                                      client-1: ← welcome ana',
        '                                                      client-1: ← joined #2 as 2 at epoch-1:0',
        '                                                      client-1: ← message 2@1 message {"text":"hi"} from ben',
        '>  704  ← welcome ana',
        '        ← joined #2 as 2 at epoch-1:0',
        '        ← message 2@1 message {"text":"hi"} from ben',
        '        Online',
        '        sees right("hi")',
        '  1200                                                ben: → seen 1',
      ),
    )
  })

  it('[TE5] shows the same for marbles, with errors and ends', () => {
    const { message } = errorOf(({ cold, expectObservable }) => {
      expectObservable(cold('-a-#', undefined, 'no')).toBe('-a-|')
    })
    expect(message).toBe(
      lines(
        'timelines differ at record 1 (2 records, 2 expected):',
        '',
        '  actual    expected',
        '  1 "a"     1 "a"',
        '> 3 # "no"  3 |',
        '',
        '  ms  client    server',
        '   1  sees "a"',
      ),
    )
    expect(
      errorOf(({ cold, expectObservable, expectSubscriptions }) => {
        const source = cold('a')
        expectObservable(source, '^--!').toBe('a')
        expectSubscriptions(source.subscriptions).toBe('^-!')
      }).message,
    ).toContain('> 0 "^ until 3"  0 "^ until 2"')
  })

  it('[TE5] adds it to what an assertion of anybody throws, which stays what it was', () => {
    const jest = errorOf(({ client, at }) => {
      const ana = client()
      ana.connect()
      at(10, () => {
        expect(1).toBe(2)
      })
    })
    expect(jest.message).toMatch(/Expected: .*2[^]*Received: .*1[^]*\n\n {2}ms {2}client/)
    expect(jest.stack).toContain(jest.message)
    expect(jest).toHaveProperty('matcherResult')

    const node = errorOf(({ server, at }) => {
      at(10, () => {
        server.drop()
        assert.equal(1, 2)
      })
    })
    expect(node).toBeInstanceOf(assert.AssertionError)
    expect(node.message).toBe(lines('1 == 2', '', '  ms  client  server', '  10          drops'))
    const frozen: Error = Object.freeze(new Error('frozen'))
    expect(errorOf(() => { throw frozen })).toBe(frozen) // prettier-ignore
    expect(frozen.message).toBe('frozen')
  })

  it('[TE5] closes what it has made', () => {
    const made: unknown[] = []
    errorOf(({ client, at }) => {
      const ana = client()
      ana.state$.subscribe({ complete: () => made.push('closed') })
      ana.connect()
      at(10, () => {
        throw new Error('boom')
      })
    })
    expect(made).toEqual(['closed'])
  })

  it('[TE5] names clients where there are several, and says what fault a server had', () => {
    const { message } = errorOf(
      ({ client, server, at }) => {
        client({ as: 'ana' }).room('lobby', Chat).on('message').subscribe()
        client({ as: 'ben' }).connect()
        server.refuse('lobby', 'unavailable')
        at(5, () => {
          throw new Error('enough')
        })
      },
      rooms.with({
        authorize: () => {
          throw new Error('unused')
        },
        checkLeaks: false,
      }),
    )
    expect(message).toContain('client-2: Online')
    expect(message).toContain('hook: authorize: the test refuses this room')
  })

  it('[TE6] shows no token, no password, no secret of a session, and little of a payload', () => {
    const secret = 'a-secret-that-nobody-sees'
    let all = ''
    rooms.with({ users: { ana: { token: secret } }, untilMs: 20_000 }).run(({ client, server, at, flush }) => {
      const resumes: string[] = []
      server.frames$.subscribe(({ frame, text }) => {
        all += text
        if ('t' in frame && frame.t === 'welcome') resumes.push(frame.session.resume)
      })
      const ana = client({ token: tokens(() => secret) })
      ana
        .room('lobby', Chat)
        .join(admission({ password: secret }))
        .subscribe()
      ana.room('lobby', Chat).post('message', { text: 'x'.repeat(500) })
      at(10, () => server.drop())
      flush()
      all += server.transcript()
      all += server.transcript(10)
      for (const resume of [...resumes, secret]) expect(all).not.toContain(resume)
      expect(resumes.length).toBeGreaterThan(1)
      expect(all).not.toContain('xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx')
    })
  })

  it('[TE6] is bounded: of a long run the surroundings are shown, and the oldest is forgotten', () => {
    const time = virtualTime()
    const { note, show } = transcript(time)
    expect(show()).toBe('')
    for (let ms = 0; ms < 100_000; ms++) {
      note('client', '', `event ${ms} ${'y'.repeat(100)}`)
      time.advanceBy(1)
    }
    const around = show(95_000).split('\n')
    expect(around).toHaveLength(1 + 1 + 14 + 6)
    expect(around[16]).toMatch(/^> 95000 {2}event 95000 y+…$/)
    expect(show(5).split('\n')[2]).toMatch(/^> 90000 /)
    expect(Buffer.byteLength(show())).toBeLessThan(2_000)
  })

  it('[TE5] is right about what is right', () => {
    rooms.run(({ expectTimeline }) => {
      expectTimeline([[1, 'a']] as const).toBe([[1, 'a']])
      expectTimeline(of(1)).toBe([[0, 1], [0, completed]]) // prettier-ignore
    })
  })
})
