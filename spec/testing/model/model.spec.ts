import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Input as ConnectionInput, ConnectionState } from '../../../lib/connection/model.js'
import { connectionModel } from '../../../lib/testing/model/connection.js'
import { explore } from '../../../lib/testing/model/explore.js'
import { membershipModel } from '../../../lib/testing/model/membership.js'
import { anytime, type Model } from '../../../lib/testing/model/model.js'
import { tokenModel } from '../../../lib/testing/model/token.js'
import { walk } from '../../../lib/testing/model/walk.js'
import { drawings, drawn, page } from '../../support/drawings.js'

type AnyModel = Model<unknown, unknown, unknown>
const models: readonly (readonly [name: string, model: AnyModel, places: readonly string[]])[] = [
  ['connection', connectionModel() as never, ['Idle', 'Authorizing', 'Connecting', 'Handshaking', 'Online', 'Waiting', 'Suspended', 'Stopped', 'Closed']],
  ['connection by hand', connectionModel({ autoConnect: false }) as never, ['Idle', 'Authorizing', 'Connecting', 'Handshaking', 'Online', 'Waiting', 'Suspended', 'Stopped', 'Closed']],
  ['connection that never gives up', connectionModel({ classify: () => 'retry' }) as never, ['Idle', 'Authorizing', 'Connecting', 'Handshaking', 'Online', 'Waiting', 'Suspended', 'Stopped', 'Closed']],
  ['token', tokenModel() as never, ['None', 'Asking', 'Held', 'Renewing', 'Pausing', 'Refused']],
  ['membership', membershipModel() as never, ['Out', 'Wanted', 'Joining', 'In', 'Refused', 'Kicked']],
] // prettier-ignore

describe('the tables', () => {
  it.each(models)('[MC1] hold what must always hold: %s', (_, model, places) => {
    const found = explore(model)
    expect(found.violations.map(({ text }) => text)).toEqual([])
    expect(found.isComplete).toBe(true)
    expect([...found.places].sort()).toEqual([...places].sort())
  })

  it.each(models)('[MC2] hold it in walks at random too: %s', (_, model) => {
    for (let seed = 1; seed <= 200; seed++) expect(walk(model, seed, 50)?.text).toBeUndefined()
  })
})

type Connection = ReturnType<typeof connectionModel>
type Steps = Connection['step']
const spoilt = (change: (step: Steps) => Steps): AnyModel => {
  const model = connectionModel()
  return { ...model, step: change(model.step) } as never
}
const isIn = (state: ConnectionState, tag: ConnectionState['_tag']): boolean => state._tag === tag
const when =
  (tag: ConnectionState['_tag'], input: ConnectionInput['_tag'], then: Steps) =>
  (step: Steps): Steps =>
  (state, given, at) =>
    isIn(state, tag) && given._tag === input ? then(state, given, at) : step(state, given, at)

/** Faults, with the invariant that each breaks, and the steps to where it shows. */
const faults: readonly (readonly [what: string, model: AnyModel, breaks: string, steps: number])[] = [
  [
    'a token that is kept when the connection is not wanted any more',
    spoilt(when('Authorizing', 'Disconnect', ({ generation }) => [{ _tag: 'Idle', because: 'asked', generation }, []])),
    'no token is kept on a way out',
    2,
  ],
  [
    'a hint that connects',
    spoilt((step) => (state, input, at) =>
      isIn(state, 'Idle') && input._tag === 'Hinted' ? step(state, { _tag: 'Connect' }, at) : step(state, input, at),
    ),
    'after disconnect() or a dismissal nothing but connect() connects',
    2,
  ],
  [
    'a socket that has the number of the one before',
    spoilt(when('Authorizing', 'TokenGranted', (state) => [{ _tag: 'Connecting', attempt: 0, generation: state.generation, rejections: 0 }, []])),
    'numbers of sockets grow by one for each, and only a granted token makes one',
    2,
  ],
  [
    'a socket that is listened to after its time',
    spoilt((step) => (state, input, at) => {
      const heard = 'generation' in input ? { ...input, generation: state.generation } : input
      return step(state, heard, at)
    }),
    'what another socket says changes nothing',
    3,
  ],
  [
    'an end that is not told',
    spoilt((step) => (state, input, at) => {
      const [after, outputs] = step(state, input, at)
      return [after, isIn(state, 'Online') ? outputs.filter(({ _tag }) => _tag !== 'Down') : outputs]
    }),
    'every end of a socket is told once',
    5,
  ],
  [
    'tokens that are asked for in a loop',
    spoilt((step) => (state, input, at) =>
      step(isIn(state, 'Handshaking') && 'rejections' in state ? { ...state, rejections: 0 } : state, input, at),
    ),
    'a second rejection in a row stops',
    6,
  ],
  [
    'failures that are forgotten too early',
    spoilt(when('Handshaking', 'Welcomed', ({ generation }) => [{ _tag: 'Online', attempt: 0, generation, quality: 'good' }, []])),
    'failures are forgotten by connect(), a settled link and a sign-in alone',
    6,
  ],
  [
    'a freeze that makes a wish of the server forgotten',
    spoilt((step) => (state, input, at) => {
      const [after, outputs] = step(state, input, at)
      if (after._tag !== 'Suspended' || after === state) return [after, outputs]
      const { wish: _, ...rest } = after
      return [rest, outputs]
    }),
    'a freeze keeps what the server wants',
    3,
  ],
  [
    'a state that nothing leads out of',
    spoilt((step) => (state, input, at) => (isIn(state, 'Stopped') ? [state, []] : step(state, input, at))),
    'only final states have no way out',
    2,
  ],
  [
    'a cell that is missing',
    spoilt(when('Waiting', 'Elapsed', () => undefined as never)),
    'every input has a meaning in every state',
    3,
  ],
  [
    'a state that is copied for nothing',
    spoilt((step) => (state, input, at) => {
      const [after, outputs] = step(state, input, at)
      return [{ ...after }, outputs]
    }),
    'a step that changes nothing returns the very state that it was given',
    1,
  ],
  [
    'a step that remembers',
    spoilt((step) => {
      let steps = 0
      return (state, input, at) => {
        const [after, outputs] = step(state, input, at)
        return isIn(after, 'Waiting') && after !== state ? [{ ...after, attempt: ++steps } as never, outputs] : [after, outputs]
      }
    }),
    'a step depends on nothing but state, input and moment',
    2,
  ],
] // prettier-ignore

describe('an exploration', () => {
  it.each(faults)('[MC3] finds %s', (_, model, breaks, steps) => {
    const found = explore(model).violations.find(({ invariant }) => invariant === breaks)
    expect(found?.path).toHaveLength(steps + 1)
  })

  it('[MC3] tells a shortest way on readable lines', () => {
    const kept = faults[0]![1]
    expect(explore(kept).violations.map(({ text }) => text)).toEqual([
      [
        'connection: no token is kept on a way out',
        '',
        '        Idle(never)',
        'Connect → Authorizing(attempt 0)   says { _tag: "Ask", reason: "first" }',
        'Disconnect → Idle(asked)',
      ].join('\n'),
    ])
  })

  it('[MC3] a walk finds them too, and tells its seed', () => {
    // What remembers can only be found by taking a step twice.
    for (const [what, model] of faults.slice(0, -1)) {
      const found = Array.from({ length: 400 }, (_, seed) => seed).find((seed) => walk(model, seed, 60) !== undefined)
      expect([what, found]).toEqual([what, expect.any(Number)])
      expect(walk(model, found!, 60)!.text).toMatch(new RegExp(`^connection, seed ${found!}: `))
    }
  })

  it('[MC2] the same seed is the same walk', () => {
    const [, model] = faults[2]!
    for (let seed = 0; seed < 20; seed++) expect(walk(model, seed, 60)).toEqual(walk(model, seed, 60))
  })

  const counter: Model<number, 'up' | 'down', never> = {
    name: 'counter',
    initial: 0,
    step: (state, input) => [input === 'up' ? state + 1 : Math.max(0, state - 1), []],
    inputs: () => [anytime('up'), anytime('down')],
    words: String,
    place: String,
    say: (input) => input,
    arrow: (input) => input,
    isFinal: () => false,
    invariants: [{ name: 'it stays below five', holds: ({ after }) => after < 5 }],
  }

  it('[MC4] says when it came to its bound', () => {
    const bounded = explore(counter, { maxStates: 4 })
    expect([bounded.isComplete, bounded.states.size, bounded.violations]).toEqual([false, 4, []])
    const more = explore(counter, { maxStates: 10 })
    expect([more.isComplete, more.violations[0]?.path.at(-1)]).toEqual([false, 'up → 5'])
    expect(explore({ ...counter, step: (state) => [1 - state, []] }).isComplete).toBe(true)
  })
})

/** What is written of mermaid's state diagrams here, and nothing else. */
const SYNTAX = [
  /^stateDiagram-v2$/,
  /^ {2}\[\*\] --> [A-Z]\w*$/,
  /^ {2}[A-Z]\w* --> [A-Z]\w*: [\w ,()]+$/,
  /^ {2}note right of [A-Z]\w*: [\w ,().]+$/,
]

describe('the drawings', () => {
  it('[MC5] are those of the tables: run `npm run draw`', () => {
    const text = readFileSync(join(__dirname, '../../..', page), 'utf8')
    expect(text === drawn(text) ? 'as the tables are' : drawn(text)).toBe('as the tables are')
    expect(() => drawn(text.replace('<!-- drawn: token -->', ''))).toThrow('no place for the drawing of token')
  })

  it.each(Object.entries(drawings))('[MC5] are mermaid, one arrow between two places: %s', (_, draw) => {
    const lines = draw().split('\n')
    expect(lines.filter((line) => !SYNTAX.some((form) => form.test(line)))).toEqual([])
    const arrows = lines.flatMap((line) => / {2}(\w+ --> \w+):/.exec(line)?.[1] ?? [])
    expect(arrows).toHaveLength(new Set(arrows).size)
    const [names, drawnNames] = [
      /\[\*\] --> (\w+)/.exec(lines[1]!)![1],
      new Set(arrows.flatMap((arrow) => arrow.split(' --> '))),
    ]
    expect(drawnNames).toContain(names)
    expect(lines.length).toBeLessThan(40)
  })
})
