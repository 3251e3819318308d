import type { Kind } from '../../lib/core/error.js'
import type { Refusal } from '../../lib/protocol/frame.js'
import { refused } from '../../lib/kernel/refusal.js'
import { type RoomState, type Input, step } from '../../lib/rooms/table.js'
import { joined } from '../support/stage.js'

type Tag = Input['_tag']

const no = (code: string, kind: Kind, more: Partial<Refusal> = {}) =>
  refused('lobby', { code, message: 'no', kind, ...more })
const forbidden = no('room/forbidden', 'terminal')

const inputs: { readonly [T in Tag]: Extract<Input, { readonly _tag: T }> } = {
  Wanted: { _tag: 'Wanted' },
  Unwanted: { _tag: 'Unwanted' },
  Written: { _tag: 'Written' },
  Joined: { _tag: 'Joined', answer: joined({ ch: 1 }) },
  Left: { _tag: 'Left', because: forbidden },
  Overdue: { _tag: 'Overdue', because: no('room/timeout', 'retry') },
  GapDetected: { _tag: 'GapDetected' },
  Granted: { _tag: 'Granted', permissions: ['read'] },
  LinkLost: { _tag: 'LinkLost' },
  RetryDue: { _tag: 'RetryDue' },
  Rejoin: { _tag: 'Rejoin' },
}

/** `–` for nothing at all, else where it leads and what is done. */
const leads = (have: RoomState, input: Input, isHeld = true): string => {
  const [to, outputs] = step(have, input, isHeld)
  if (to === have && outputs.length === 0) return '–'
  return [to === have ? 'stays' : to, ...(outputs.length === 0 ? [] : [outputs.join(', ')])].join(': ')
}

const nothing = {
  Wanted: '–', Unwanted: '–', Written: '–', Joined: '–', Left: '–', Overdue: '–', GapDetected: '–', Granted: '–', LinkLost: '–',
  RetryDue: '–', Rejoin: '–',
} satisfies Record<Tag, string> // prettier-ignore
const wanted = 'Wanted: Join, Tell'
const linked = {
  ...nothing,
  Unwanted: 'Out: Leave, Retire, Forget, Tell',
  Left: 'Refused: Retire, Refuse, Tell, Report, Answer',
  LinkLost: 'Wanted: Retire, Join, Tell',
} satisfies Record<Tag, string>

/** Where each state of a room that is held goes with each input. A state or input that is not here does not compile. */
const held: Record<RoomState, Record<Tag, string>> = {
  Out: { ...nothing, Wanted: wanted, Unwanted: 'stays: Forget, Tell' },
  Wanted: { ...nothing, Unwanted: 'Out: Withdraw, Forget, Tell', Written: 'Joining' },
  Joining: {
    ...linked, Joined: 'In: Gap, SetPosition, Tell, Answer', Overdue: 'Refused: Leave, Retire, Refuse, Tell, Report, Answer, Retry',
  },
  In: { ...linked, GapDetected: 'Wanted: Leave, Retire, Join, Tell', Granted: 'stays: Grant, Tell' },
  Refused: { ...nothing, Wanted: wanted, Unwanted: 'Out: Forget, Tell', LinkLost: wanted, RetryDue: wanted, Rejoin: wanted },
  Kicked: { ...nothing, Wanted: wanted, Unwanted: 'Out: Forget, Tell' },
} // prettier-ignore

/** What is otherwise while a room lingers. */
const free: Partial<Record<RoomState, Partial<Record<Tag, string>>>> = {
  Wanted: { LinkLost: 'Out: Withdraw, Tell' },
  Joining: { LinkLost: 'Out: Retire, Tell' },
  In: { LinkLost: 'Out: Retire, Tell' },
  Refused: { LinkLost: 'Out: Tell', RetryDue: '–', Rejoin: '–' },
}

const haves = Object.keys(held) as RoomState[]
const tags = Object.keys(inputs) as Tag[]
const cases = haves.flatMap((have) => tags.map((tag) => [have, tag, held[have][tag]] as const))

describe('the table of membership', () => {
  it.each(cases)('[RM15] %s with %s: %s', (have, tag, words) => {
    expect(leads(have, inputs[tag])).toBe(words)
    expect(leads(have, inputs[tag], false)).toBe(free[have]?.[tag] ?? words)
  })

  it('[RM15] makes no step anew: the same input in the same state is the same step, and cannot be changed', () => {
    for (const have of haves)
      for (const tag of tags) {
        const [first, second] = [step(have, inputs[tag], true), step(have, inputs[tag], true)]
        expect(first).toBe(second)
        expect([first, first[1]].every((list) => Object.isFrozen(list))).toBe(true)
      }
  })

  it.each<[code: string, kind: Kind, more: Partial<Refusal>, words: string]>([
    ['room/kicked', 'terminal', {}, 'Kicked: Retire, Refuse, Tell, Report, Answer'],
    ['room/kicked', 'retry', { retryAfterMs: 5 }, 'Kicked: Retire, Refuse, Tell, Report, Answer'],
    ['room/unavailable', 'retry', {}, 'Refused: Retire, Refuse, Tell, Report, Answer, Retry'],
    ['room/limit', 'terminal', { retryAfterMs: 5 }, 'Refused: Retire, Refuse, Tell, Report, Answer, Retry'],
    ['room/of-later', 'unknown', {}, 'Refused: Retire, Refuse, Tell, Report, Answer'],
  ])('[RM5] [RM6] [RM15] %s, %s, %j: %s', (code, kind, more, words) => {
    const input: Input = { _tag: 'Left', because: no(code, kind, more) }
    expect([leads('Joining', input), leads('In', input)]).toEqual([words, words])
  })

  it('[P7] [RM15] no path has two joins under way, and each number is retired once', () => {
    /** Where a room is, whether its join is due, and whether it has a number. */
    const start = { have: 'Out', isDue: false, hasNumber: false } as const
    type Place = { readonly have: RoomState; readonly isDue: boolean; readonly hasNumber: boolean }
    const seen = new Map<string, Place>([[JSON.stringify(start), start]])
    const kicked: Input = { _tag: 'Left', because: no('room/kicked', 'terminal') }
    for (const place of seen.values()) {
      for (const input of [...Object.values(inputs), kicked]) {
        for (const isHeld of [true, false]) {
          const isWritten = input._tag === 'Written'
          if (isWritten && !place.isDue) continue
          let { isDue, hasNumber } = isWritten ? { isDue: false, hasNumber: true } : place
          const [have, outputs] = step(place.have, input, isHeld)
          for (const output of outputs) {
            if (output === 'Join') {
              expect({ input, place, isDue, hasNumber }).toEqual({ input, place, isDue: false, hasNumber: false })
              isDue = true
            }
            if (output === 'Withdraw') isDue = false
            if (output === 'Leave') expect(hasNumber).toBe(true)
            if (output === 'Retire') {
              expect(hasNumber).toBe(true)
              hasNumber = false
            }
          }
          const next: Place = { have, isDue, hasNumber }
          expect([isDue, hasNumber]).toEqual([have === 'Wanted', have === 'Joining' || have === 'In'])
          seen.set(JSON.stringify(next), next)
        }
      }
    }
    expect([...seen.values()].map(({ have }) => have).sort()).toEqual([...haves].sort())
  })
})
