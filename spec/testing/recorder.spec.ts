import fc from 'fast-check'
import { NEVER, of, Subject } from 'rxjs'
import { tokens } from '../../lib/kernel/tokens.js'
import type { Client } from '../../lib/client/client.js'
import type { ClientOptions } from '../../lib/client/options.js'
import type { Hint, Transport } from '../../lib/core/ports.js'
import { recorder, type Recorder, type RecorderOptions } from '../../lib/testing/recorder.js'
import type { RecordedEvent, Recording } from '../../lib/testing/recording.js'
import { type At, replay, type ReplayOptions } from '../../lib/testing/replay.js'
import { seeded } from '../../lib/testing/random.js'
import { world, type World, type WorldOptions } from '../../lib/testing/world.js'
import { Numbers, data } from '../support/chat.js'
import { see } from '../support/seen.js'
import { admission } from '../../lib/features/room-life/admission.js'

type Script = (client: Client, at: At) => void

/** Records a client of a world in which something happens, until then. */
const record = (
  script: Script,
  happen: (there: World) => void = () => {},
  {
    client = {},
    hints$ = NEVER,
    maxEvents,
    maxCharacters,
    ...how
  }: WorldOptions & RecorderOptions & { readonly client?: Partial<ClientOptions> } = {},
): { readonly recording: Recording; readonly tape: Recorder; readonly there: World } => {
  const there = world(how)
  let count = 0
  const tape = recorder(there.network.host('ana').transport, {
    random: seeded(5),
    ids: () => `own-${++count}`,
    hints$,
    maxEvents,
    maxCharacters,
    scheduler: there.time,
  })
  const { scheduler: _same, ...options } = tape.options
  happen(there)
  script(there.client({ ...options, ...client }), (ms, task) => {
    there.time.schedule(task, ms - there.time.now())
  })
  there.time.advanceTo(60_000)
  return { recording: tape.recording(), tape, there }
}

/** Holds two rooms, one of them for a while, and sends something every second. */
const busy: Script = (client, at) => {
  client.room('numbers', Numbers).on('message').subscribe()
  at(20_000, () => {
    const other = client.room('other', Numbers)
    other.join().subscribe()
    at(25_000, () => void other.leave())
  })
  for (let number = 0; number < 55; number++)
    at(500 + number * 1_000, () => void client.room('numbers', Numbers).post('message', number))
}

const kinds = ({ events }: Recording): readonly string[] => [...new Set(events.map(({ what }) => what))].sort()
const again = (recording: Recording, script: Script, options?: ReplayOptions): void => {
  replay(JSON.parse(JSON.stringify(recording)) as Recording, script, options)
}

describe('a recorder', () => {
  it('[RC1] notes sockets, messages, hints, ids and draws with their times', () => {
    const hints = new Subject<Hint>()
    const { recording, there } = record(
      (client, at) => {
        void client.connect()
        at(1_000, () => void client.room('numbers', Numbers).post('message', 7))
        at(3_000, () => void client.disconnect())
      },
      ({ network, time, server }) => {
        void server()
        time.schedule(() => network.cut(4_000, 'away'), 2_000)
        time.schedule(() => {
          hints.next('online')
        }, 2_500)
      },
      { hints$: hints },
    )
    expect(there.end()).toBe(0)
    expect(kinds(recording)).toEqual(['abandoned', 'closed', 'hint', 'in', 'open', 'opened', 'out'])
    const short = (event: RecordedEvent): readonly unknown[] => [
      event.at,
      event.what,
      'frames' in event ? event.frames.map((frame) => (frame as { t?: string }).t ?? (frame as string[])[0]) : '',
    ]
    expect(recording.events.slice(0, 7).map(short)).toEqual([
      [0, 'open', ''],
      [2, 'opened', ''],
      [2, 'out', ['hello']],
      [4, 'in', ['welcome']],
      [1_000, 'out', ['p']],
      [1_002, 'in', ['a']],
      [2_000, 'closed', ''],
    ])
    expect(recording.events.find(({ what }) => what === 'closed')).toMatchObject({ code: 4_000, reason: 'away' })
    expect(recording.ids).toEqual(['own-1', 'own-2', 'own-3'])
    expect(recording.random).toHaveLength(1)
    expect(recording).toEqual(JSON.parse(JSON.stringify(recording)))
    expect(recording.isComplete).toBe(true)
  })

  it('[RC2] is replayed to the millisecond, whatever happened on the way', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const { recording, there } = record(
          busy,
          (it) => it.storm({ seed, engine: { delayMs: 30, failEvery: 20, loseAnswers: 20 } }),
          { seed },
        )
        expect(there.end()).toBe(0)
        expect(recording.events.length).toBeGreaterThan(20)
        again(recording, busy, { isStrict: true })
        again(recording, busy)
      }),
      { numRuns: 8 },
    )
  }, 60_000)

  it('[RC2] gives the client what it heard then, message by message', () => {
    let then: unknown
    const listening: Script = (client, at) => {
      const heard = see(client.room('numbers', Numbers).on('message'))
      busy(client, at)
      at(59_000, () => (then = data(heard.all)))
    }
    const { recording } = record(listening, ({ network, time }) => time.schedule(() => network.cut(), 30_000))
    const first = then
    then = undefined
    again(recording, listening, { isStrict: true })
    expect(first).toEqual(Array.from({ length: 55 }, (_, number) => number))
    expect(then).toEqual(first)
  })

  it('[RC2] plays what came at fractions of a millisecond, as real clocks tell them', () => {
    const { recording } = record(busy, ({ network, time }) => time.schedule(() => network.cut(), 30_000))
    const random = seeded(11)
    for (let round = 0; round < 40; round++) {
      const factor = 1 + random() / 1_000
      const events = recording.events.map((event) => ({ ...event, at: event.at * factor }))
      again({ ...recording, events }, (client, at) => {
        busy(client, (ms, task) => {
          at(ms * factor, task)
        })
      })
    }
  })

  it('[RC2] plays hints when they were given', () => {
    const script: Script = (client) => void client.connect()
    const { recording } = record(
      script,
      ({ network, time }) => {
        network.refuse(true)
        time.schedule(() => network.refuse(false), 40_000)
      },
      { hints$: of('hidden') },
    )
    expect(kinds(recording)).toContain('hint')
    again(recording, script, { isStrict: true })
  })

  const { recording: plain } = record(busy, ({ network, time }) => time.schedule(() => network.cut(), 30_000))
  const complaint = (script: Script, recording = plain): string => {
    try {
      again(recording, script)
      return ''
    } catch (thrown) {
      return (thrown as Error).message
    }
  }

  it('[RC2] says which recordings it cannot replay', () => {
    for (const version of [1, 3])
      expect(complaint(busy, { ...plain, version } as unknown as Recording)).toBe(
        `a recording of version ${version} cannot be replayed: this reads version 2`,
      )
  })

  it('[RC3] tells what is said differently', () => {
    const other = complaint((client, at) => {
      busy(client, (ms, task) =>
        at(ms, ms === 7_500 ? () => void client.room('numbers', Numbers).post('message', 700) : task),
      )
    })
    expect(other).toMatch(/^the client said something else at place \d+ \(\d+ now, \d+ then\):\n\n {2}then +now\n/)
    expect(other).toMatch(/^> .*"message", 7, 0\] +.*"message", 700, 0\]$/m)
  })

  it('[RC3] tells what is left out and what is added', () => {
    const less = complaint((client, at) => {
      busy(client, (ms, task) => at(ms, ms === 54_500 ? () => {} : task))
    })
    expect(less).toMatch(/^> 54500 #2 \["p", .* +-$/m)
    const more = complaint((client, at) => {
      busy(client, at)
      at(55_000, () => void client.room('numbers', Numbers).post('message', 1_000))
    })
    expect(more).toMatch(/^> - +55000 #2 \["p", /m)
    expect(complaint(() => {})).toMatch(/^> 0 #1 opens a socket +-$/m)
  })

  it('[RC3] shows a difference that is late in a long frame', () => {
    const joins =
      (last: string): Script =>
      (client) => {
        client
          .room(`r${'x'.repeat(200)}${last}`, Numbers)
          .join()
          .subscribe()
      }
    const { recording } = record(joins('1'))
    expect(complaint(joins('2'), recording)).toMatch(/^> 2 #1 …x+1".* 2 #1 …x+2"/m)
    // The clock of a real machine shows long fractions.
    const events = recording.events.map((event) => ({ ...event, at: event.at + 0.123456789 }))
    expect(complaint(joins('2'), { ...recording, events })).toMatch(/^> 2\.1 #1 …x+1".* 2\.1 #1 …x+2"/m)
  })

  it('[RC4] holds no token, no password and no secret of a session, also where they are repeated', () => {
    const texts = ['token-canary-6f1c9', 'renewed-canary-a83d2']
    const password = 'password-canary-77b1'
    const resumes: string[] = []
    let asked = 0
    const { recording, there } = record(
      (client) => {
        client.room('secret', Numbers).join(admission({ password })).subscribe()
        void client.room('numbers', Numbers).post('message', 1)
      },
      ({ network, time }) => {
        network.frames$.subscribe(({ data: text }) => {
          for (const [, resume] of String(text).matchAll(/"resume":"([^"]+)"/g)) resumes.push(resume!)
        })
        time.schedule(() => network.cut(4_000, `because of ${texts[1]} and ${password}`), 20_000)
      },
      {
        authenticate: () => of({ user: 'ana', expiresInMs: 10_000 }),
        client: { token: tokens(() => of(texts[Math.min(1, asked++)]!)) },
      },
    )
    expect(there.end()).toBe(0)
    const text = JSON.stringify(recording)
    expect(text.match(/"token":"\*\*\*"/g)!.length).toBeGreaterThan(2)
    expect(text).toContain('"password":"***"')
    expect(text.match(/"resume":"resume-1"/g)!.length).toBeGreaterThan(1)
    expect(text).toContain('because of *** and ***')
    expect(resumes.length).toBeGreaterThan(2)
    for (const canary of [...texts, password, ...resumes.map((resume) => `"${resume}"`)])
      expect(text).not.toContain(canary)
    again(recording, (client) => {
      client
        .room('secret', Numbers)
        .join(admission({ password: 'another' }))
        .subscribe()
      void client.room('numbers', Numbers).post('message', 1)
    })
  })

  it('[RC5] is bounded, says so, and is replayed as far as it goes', () => {
    const cutOff = [
      record(busy, undefined, { maxEvents: 40 }).recording,
      record(busy, undefined, { maxCharacters: 5_000 }).recording,
    ]
    for (const recording of cutOff) {
      expect(recording.isComplete).toBe(false)
      expect(recording.events.length).toBeLessThan(100)
      expect(JSON.stringify(recording).length).toBeLessThan(10_000)
      again(recording, busy)
    }
  })

  it('[RC5] takes what is no JSON and what is too deep to be read as it can', () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
    const odd: Transport = () =>
      of({ _tag: 'Opened', socket: { protocol: 'rx-rooms.v1.json', send: () => true, buffered: () => 0, close: () => {} } } as const, 'not JSON', new Uint8Array(3), deep, { _tag: 'Closed', code: 1_006, reason: '' } as const) // prettier-ignore
    const tape = recorder(odd)
    const heard = see(tape.options.transport({ url: 'ws://odd', protocols: [], maxMessageBytes: 1e9 }))
    expect(heard.all).toHaveLength(5)
    const { events } = tape.recording()
    expect(events.filter(({ what }) => what === 'in')).toMatchObject([{ text: 'not JSON' }, { bytes: 3 }, {}])
  })
})
