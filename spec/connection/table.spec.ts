import type { Input, ConnectionState as State, Verdict } from '../../lib/connection/model.js'
import { moments } from '../../lib/core/machine.js'
import type { Hint } from '../../lib/core/ports.js'
import { signedOut } from '../../lib/token/error.js'
import {
  at,
  failure,
  inputs,
  type InputTag,
  inputTags,
  inWords,
  machineWith,
  samples,
  type StateTag,
  stateTags,
  stoppedSignedOut,
} from '../support/connection.js'

const { step } = machineWith()
const leads = (state: State, input: Input, moment = at()): string => inWords(state, step(state, input, moment))

const first = 'Authorizing: Ask first'
const again = 'Authorizing: Ask reconnect'
const idle = 'Idle: Release'
const closed = 'Closed: Release'
const nothing = {
  Connect: '–', Need: '–', Disconnect: '–', Close: '–', TokenGranted: '–', TokenDenied: '–', Opened: '–', Welcomed: '–',
  Lost: '–', Dismissed: '–', Move: '–', Settled: '–', Quality: '–', Elapsed: '–', Held: '–', Hinted: '–',
} satisfies Record<InputTag, string> // prettier-ignore
const linked = {
  ...nothing, Disconnect: 'Idle: Down 3, Release', Close: 'Closed: Down 3, Release',
  TokenDenied: 'Stopped: Down 3, Release', Lost: 'Waiting: Down 3, Release', Dismissed: 'Idle: Down 3, Release',
} satisfies Record<InputTag, string> // prettier-ignore

/** Where each state goes with each input, and what it says. A state or input that is not here does not compile. */
const expected: Record<StateTag, Record<InputTag, string>> = {
  Idle: { ...nothing, Connect: first, Need: first, Disconnect: idle, Close: closed },
  Authorizing: {
    ...nothing, Disconnect: idle, Close: closed, TokenGranted: 'Connecting', TokenDenied: 'Stopped: Release',
  },
  Connecting: { ...linked, Opened: 'Handshaking: Greet 3' },
  Handshaking: { ...linked, Welcomed: 'Online' },
  Online: { ...linked, Settled: 'Online', Quality: 'Online', Hinted: 'stays: Probe 3' },
  Waiting: { ...nothing, Connect: first, Disconnect: idle, Close: closed, Elapsed: again, Held: 'Waiting', Hinted: 'Waiting' },
  Suspended: { ...nothing, Connect: first, Disconnect: idle, Close: closed, Hinted: again },
  Stopped: { ...nothing, Connect: first, Disconnect: idle, Close: closed },
  Closed: nothing,
} // prettier-ignore

const still = { online: '–', offline: '–', visible: '–', hidden: '–', frozen: '–', resumed: '–' } satisfies Record<
  Hint,
  string
>
const suspended = { ...still, frozen: 'Suspended: Down 3, Release' } satisfies Record<Hint, string>
const hinted: Record<StateTag, Record<Hint, string>> = {
  Idle: still,
  Authorizing: { ...still, frozen: 'Suspended: Release' },
  Connecting: suspended,
  Handshaking: suspended,
  Online: {
    online: 'stays: Probe 3', offline: 'stays: Probe 3', visible: 'stays: Probe 3', hidden: 'stays: Probe 3',
    frozen: 'Suspended: Down 3, Release', resumed: 'stays: Probe 3',
  },
  Waiting: {
    online: 'Waiting', offline: '–', visible: 'Waiting', hidden: '–', frozen: 'Suspended: Release', resumed: 'Waiting',
  },
  Suspended: { online: again, offline: '–', visible: again, hidden: '–', frozen: '–', resumed: again },
  Stopped: still,
  Closed: still,
} // prettier-ignore

const cases = stateTags.flatMap((state) => inputTags.map((input) => [state, input, expected[state][input]] as const))
const hints = stateTags.flatMap((state) =>
  (Object.keys(still) as Hint[]).map((hint) => [state, hint, hinted[state][hint]] as const),
)

describe('the table of the connection', () => {
  it.each(cases)('[CN1] %s with %s: %s', (state, input, words) => {
    expect(leads(samples[state], inputs[input])).toBe(words)
  })

  it.each(hints)('[CN6] %s with the hint %s: %s', (state, hint, words) => {
    expect(leads(samples[state], { _tag: 'Hinted', hint })).toBe(words)
  })

  it('[CR11] a hint draws no chance where the server named a time', () => {
    const waiting: State = { ...samples.Waiting, because: failure('retry', { retryAfterMs: 60_000 }) }
    const draws: number[] = []
    const moment = moments(
      () => 0,
      () => draws.push(0.5) / 2,
    )
    expect(leads(waiting, inputs.Hinted, moment())).toBe('–')
    expect(draws).toEqual([])
    expect(leads(samples.Waiting, inputs.Hinted, moment())).toBe('Waiting')
    expect(draws).toHaveLength(1)
  })

  const ofLinks = ['Opened', 'Welcomed', 'Lost', 'Dismissed', 'Settled', 'Quality'] as const
  it.each(stateTags)('[CN3] [T17] %s is not moved by what another socket says', (tag) => {
    for (const name of ofLinks) {
      for (const generation of [0, 2, 4]) expect(leads(samples[tag], { ...inputs[name], generation })).toBe('–')
    }
  })

  it('[CN2] [P9] a need connects only who was never told otherwise, and only where that is wanted', () => {
    const idleBecause = (because: 'never' | 'asked' | 'drained'): string =>
      leads({ ...samples.Idle, because }, inputs.Need)
    expect([idleBecause('never'), idleBecause('asked'), idleBecause('drained')]).toEqual([first, '–', '–'])
    const byHand = machineWith({ autoConnect: false })
    expect(inWords(samples.Idle, byHand.step(samples.Idle, inputs.Need, at()))).toBe('–')
    expect(inWords(samples.Idle, byHand.step(samples.Idle, inputs.Connect, at()))).toBe(first)
  })

  it.each(stateTags.filter((tag) => tag !== 'Closed'))('[CN2] %s is left for good by Close, which says why', (tag) => {
    const because = failure('terminal')
    const [after] = step(samples[tag], { _tag: 'Close', because }, at())
    expect(after).toEqual({ _tag: 'Closed', because, generation: 3 })
  })

  it('[CN2] whoever is signed out is let in by a token of the same source, and by nothing less', () => {
    expect(leads(stoppedSignedOut, inputs.TokenGranted)).toBe('Connecting')
    expect(leads(samples.Stopped, inputs.TokenGranted)).toBe('–')
    // The source stays subscribed: no Release.
    expect(leads(samples.Authorizing, { _tag: 'TokenDenied', because: signedOut })).toBe('Stopped')
    expect(leads(samples.Online, { _tag: 'TokenDenied', because: signedOut })).toBe('Stopped: Down 3')
  })

  const lost: Record<'Connecting' | 'Handshaking' | 'Online', Record<Verdict, string>> = {
    Connecting: {
      retry: 'Waiting: Down 3, Release', reauthenticate: 'Authorizing: Down 3, Reject, Ask rejected', terminal: 'Stopped: Down 3, Release',
    },
    Handshaking: {
      retry: 'Waiting: Down 3, Release', reauthenticate: 'Authorizing: Down 3, Reject, Ask rejected', terminal: 'Stopped: Down 3, Release',
    },
    Online: {
      retry: 'Waiting: Down 3, Release', reauthenticate: 'Waiting: Down 3, Reject, Release', terminal: 'Stopped: Down 3, Release',
    },
  } // prettier-ignore
  it.each(Object.keys(lost) as (keyof typeof lost)[])('[CN7] a failure in %s does what its verdict says', (tag) => {
    for (const verdict of Object.keys(lost[tag]) as Verdict[]) {
      const judged = machineWith({ classify: () => verdict })
      expect(inWords(samples[tag], judged.step(samples[tag], inputs.Lost, at()))).toBe(lost[tag][verdict])
    }
  })

  it('[CN7] a token that cannot be had now is waited for, one that never will be stops', () => {
    const denied = (kind: 'retry' | 'terminal' | 'reauth'): string =>
      leads(samples.Authorizing, { _tag: 'TokenDenied', because: failure(kind) })
    expect([denied('retry'), denied('terminal'), denied('reauth')]).toEqual([
      'Waiting: Release',
      'Stopped: Release',
      'Stopped: Release',
    ])
  })

  it('[CN8] [P1] a second rejection in a row stops: there is no loop of tokens', () => {
    const reject: Input = { ...inputs.Lost, because: failure('reauth') }
    const [asking] = step(samples.Handshaking, reject, at())
    expect(asking).toEqual({ _tag: 'Authorizing', attempt: 2, generation: 3, rejections: 1 })
    const [dialling] = step(asking, inputs.TokenGranted, at())
    const [greeting] = step(dialling, { _tag: 'Opened', generation: 4 }, at())
    expect(leads(greeting, { ...reject, generation: 4 })).toBe('Stopped: Down 4, Reject, Release')
  })

  it('[CN8] a token that ends on a living link is replaced at once, but not again and again', () => {
    const reject: Input = { ...inputs.Lost, because: failure('reauth') }
    const online = (attempt: number): string => leads({ ...samples.Online, attempt }, reject)
    expect(online(0)).toBe('Authorizing: Down 3, Reject, Ask rejected')
    expect(online(1)).toBe('Authorizing: Down 3, Reject, Ask rejected')
    expect(online(2)).toBe('Waiting: Down 3, Reject, Release')
    expect(step({ ...samples.Online, attempt: 0 }, reject, at())[0]).toMatchObject({ attempt: 1, rejections: 1 })
  })

  it('[CN7] the function `classify` of the user decides, for tokens too', () => {
    const stubborn = machineWith({ classify: () => 'retry' })
    const denied: Input = { _tag: 'TokenDenied', because: signedOut }
    expect(inWords(samples.Authorizing, stubborn.step(samples.Authorizing, denied, at()))).toBe('Waiting: Release')
  })
})
