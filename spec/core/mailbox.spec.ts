import fc from 'fast-check'
import { type Mailbox, mailbox } from '../../lib/core/mailbox.js'
import { survivors } from '../support/collect.js'
import { desk } from '../support/desk.js'

type Kind = 'enter' | 'route' | 'publish'

/** Work that leads to work; some of it throws when it is done. */
interface Work {
  readonly kind: Kind
  readonly throws: boolean
  readonly leads: readonly Work[]
}

const works = fc.letrec<{ work: Work }>((tie) => ({
  work: fc.record({
    kind: fc.constantFrom<Kind[]>('enter', 'route', 'publish'),
    throws: fc.boolean(),
    leads: fc.oneof({ maxDepth: 4 }, fc.constant([]), fc.array(tie('work'), { maxLength: 4 })),
  }),
})).work

const countOf = ({ leads }: Work): number => leads.reduce((sum, work) => sum + countOf(work), 1)
const throwsOf = ({ throws, leads }: Work): number => leads.reduce((sum, work) => sum + throwsOf(work), throws ? 1 : 0)

/** Does a plan and notes the order in which its pieces were asked for and done. */
const perform = (box: Mailbox, plan: readonly Work[]) => {
  const waiting: Record<Kind, Work[]> = { enter: [], route: [], publish: [] }
  const done: Work[] = []
  const broken: string[] = []
  let depth = 0

  const ask = (work: Work): void => {
    waiting[work.kind].push(work)
    box[work.kind](() => {
      if (++depth > 1) broken.push('two at once')
      if (waiting[work.kind].shift() !== work) broken.push(`not in order: ${work.kind}`)
      if (work.kind !== 'route' && waiting.route.length > 0) broken.push(`${work.kind} before what is routed`)
      if (work.kind === 'enter' && waiting.publish.length > 0) broken.push('enter before all were told')
      done.push(work)
      work.leads.forEach(ask)
      depth--
      if (work.throws) throw new Error('boom')
    })
  }
  for (const work of plan) {
    ask({ ...work, kind: 'enter' })
    if (box.busy()) broken.push('still busy after a turn')
  }
  return { done, broken }
}

describe('the mailbox', () => {
  it('[CR1] work from outside is done at once, and later work in its turn', () => {
    const { box } = desk()
    const done: string[] = []
    box.enter(() => {
      box.enter(() => done.push('second'))
      expect(box.busy()).toBe(true)
      done.push('first')
    })
    expect(done).toEqual(['first', 'second'])
    expect(box.busy()).toBe(false)
  })

  it('[CR1] what machines tell each other comes first, then observers are told, then commands take effect', () => {
    const { box } = desk()
    const done: string[] = []
    box.enter(() => {
      box.enter(() => done.push('command'))
      box.publish(() => done.push('told'))
      box.route(() => {
        done.push('routed')
        box.publish(() => done.push('told too'))
        box.route(() => done.push('routed too'))
      })
    })
    expect(done).toEqual(['routed', 'routed too', 'told', 'told too', 'command'])
  })

  it('[CR1] a command from inside a notification waits until all observers have had that notification', () => {
    const { box } = desk()
    const seen: string[] = []
    const observers = ['a', 'b', 'c']
    const change = (value: number): void => {
      for (const name of observers) {
        box.publish(() => {
          seen.push(`${name}${value}`)
          if (name === 'a' && value < 3) box.enter(() => change(value + 1))
        })
      }
    }
    box.enter(() => change(1))
    expect(seen).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'c2', 'a3', 'b3', 'c3'])
  })

  it('[CR1] each envelope of a frame is finished, with the commands it led to, before the next', () => {
    const { box } = desk()
    const done: string[] = []
    box.enter(() => {
      for (const envelope of ['m1', 'm2']) {
        box.publish(() => {
          done.push(envelope)
          box.enter(() => done.push(`command after ${envelope}`))
        })
        box.settle()
      }
      done.push('frame')
    })
    expect(done).toEqual(['m1', 'command after m1', 'm2', 'command after m2', 'frame'])
  })

  it('[CR1] [CR3] whatever leads to whatever, and throws: one at a time, phase by phase, in order, nothing lost', () => {
    fc.assert(
      fc.property(fc.array(works, { maxLength: 4 }), (plan) => {
        const { box, defects } = desk()
        const { done, broken } = perform(box, plan)
        expect(broken).toEqual([])
        expect(done).toHaveLength(plan.reduce((sum, work) => sum + countOf(work), 0))
        expect(defects).toHaveLength(plan.reduce((sum, work) => sum + throwsOf(work), 0))
      }),
      { numRuns: 500 },
    )
  })

  it('[CR1] the end of a turn comes once, after everything, and again after what it led to', () => {
    const done: string[] = []
    let replies = 2
    const { box } = desk(() => {
      done.push('end')
      // A transport that answers a write at once.
      if (replies-- > 0) box.enter(() => box.publish(() => done.push('told')))
    })
    box.enter(() => {
      box.enter(() => done.push('work'))
    })
    expect(done).toEqual(['work', 'end', 'told', 'end', 'told', 'end'])
  })

  it('[CR3] a throw is a defect, and the turn goes on', () => {
    const { box, defects } = desk(() => {
      throw new Error('at the end')
    })
    const done: string[] = []
    box.enter(() => {
      box.route(() => {
        throw new Error('routed')
      })
      box.publish(() => done.push('told'))
      throw new Error('entered')
    })
    expect(done).toEqual(['told'])
    expect(defects).toEqual([new Error('entered'), new Error('routed'), new Error('at the end')])
    box.enter(() => done.push('next turn'))
    expect(done).toEqual(['told', 'next turn'])
  })

  it('[CR3] even a throw in the handling of a throw does not stop the mailbox for good', () => {
    const box = mailbox(
      () => undefined,
      (thrown) => {
        throw thrown
      },
    )
    const done: string[] = []
    expect(() => {
      box.enter(() => {
        box.publish(() => done.push('left over'))
        throw new Error('twice')
      })
    }).toThrow('twice')
    expect(box.busy()).toBe(false)
    box.enter(() => done.push('next turn'))
    expect(done).toEqual(['next turn', 'left over'])
  })

  it('[CR1] keeps nothing of what was done', async () => {
    const { box, defects } = desk()
    const done: WeakRef<object>[] = []
    const use = (): void => {
      const held = { many: 0 }
      const work = (): void => {
        held.many++
      }
      done.push(new WeakRef(held))
      box.enter(() => {
        for (const add of [box.route, box.publish, box.enter]) add(work)
      })
    }
    for (let times = 0; times < 100; times++) use()
    expect([await survivors(done), defects]).toEqual([0, []])
  })
})
