import { roomError } from '../../lib/core/error.js'
import { type Input, type Stage, step } from '../../lib/features/history/table.js'

type Tag = Input['_tag']

const because = roomError({ code: 'room/forbidden', message: 'no', remedy: 'none', kind: 'terminal', room: 'lobby' })
const forNow = roomError({ code: 'room/busy', message: 'no', remedy: 'none', kind: 'retry', room: 'lobby' })
const inputs: { readonly [T in Tag]: Extract<Input, { readonly _tag: T }> } = {
  Written: { _tag: 'Written' },
  Page: { _tag: 'Page' },
  Refused: { _tag: 'Refused', because },
  Overdue: { _tag: 'Overdue', because: forNow },
  LinkLost: { _tag: 'LinkLost' },
  PauseOver: { _tag: 'PauseOver' },
  GivenUp: { _tag: 'GivenUp', because },
}

/** `–` for nothing at all, else where it leads and what is done. */
const leads = (stage: Stage, input: Input): string => {
  const [to, outputs] = step(stage, input)
  return to === stage && outputs.length === 0 ? '–' : [to, ...(outputs.length ? [outputs.join(', ')] : [])].join(': ')
}

const nothing = {
  Written: '–', Page: '–', Refused: '–', Overdue: '–', LinkLost: '–', PauseOver: '–', GivenUp: '–',
} satisfies Record<Tag, string> // prettier-ignore

/** Where each stage goes with each input. A stage or input that is not here does not compile. */
const expected: Record<Stage, Record<Tag, string>> = {
  Waiting: { ...nothing, Written: 'Asked', GivenUp: 'Over: Withdraw, Fail' },
  Asked: {
    ...nothing,
    Page: 'Over: Answer, Retire',
    Refused: 'Over: Retire, Fail',
    Overdue: 'Pausing: Leave, Retire, Pause',
    LinkLost: 'Waiting: Retire, Queue',
    GivenUp: 'Over: Leave, Retire, Fail',
  },
  Pausing: { ...nothing, LinkLost: 'Waiting: Queue', PauseOver: 'Waiting: Queue', GivenUp: 'Over: Fail' },
  Over: nothing,
}
const stages = Object.keys(expected) as Stage[]
const tags = Object.keys(inputs) as Tag[]
const cases = stages.flatMap((stage) => tags.map((tag) => [stage, tag, expected[stage][tag]] as const))

describe('the table of a request for a page', () => {
  it.each(cases)('[HI1] %s with %s: %s', (stage, tag, words) => {
    expect(leads(stage, inputs[tag])).toBe(words)
  })

  it('[HI1] a refusal for now is tried again', () => {
    expect(leads('Asked', { _tag: 'Refused', because: forNow })).toBe('Pausing: Retire, Pause')
  })

  it('[HI1] each way ends in one answer or one failure', () => {
    const seen = new Map<string, { readonly stage: Stage; readonly told: number }>()
    const add = (stage: Stage, told: number): void => {
      seen.set(`${stage} ${told}`, { stage, told })
    }
    add('Waiting', 0)
    for (const { stage, told } of seen.values()) {
      for (const input of [...Object.values(inputs), { _tag: 'Refused', because: forNow } as const]) {
        const [to, outputs] = step(stage, input)
        add(to, told + outputs.filter((output) => output === 'Answer' || output === 'Fail').length)
      }
    }
    expect([...seen.keys()].sort()).toEqual(['Asked 0', 'Over 1', 'Pausing 0', 'Waiting 0'])
  })
})
