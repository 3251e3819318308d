import * as E from '#fp/Either'
import { closedByUser } from '../../lib/kernel/kernel.js'
import { answers } from '../../lib/outbox/answers.js'

describe('the answers of an outbox', () => {
  it('[OB3] all of a turn come in one task, in order; one that throws keeps no other from its own', () => {
    const tasks: (() => void)[] = []
    const told: string[] = []
    const answer = answers((task) => tasks.push(task))
    const waiter = (name: string) => ({
      settled: () => {
        told.push(name)
        if (name === 'b') throw new Error(name)
      },
    })
    for (const name of ['a', 'b', 'c', 'd']) answer([waiter(name)], E.left(closedByUser))
    expect(tasks).toHaveLength(1)
    expect(() => {
      tasks.shift()?.()
    }).toThrow('b')
    tasks.shift()?.()
    expect([told, tasks]).toEqual([['a', 'b', 'c', 'd'], []])
    answer([waiter('later')], E.left(closedByUser))
    tasks.shift()?.()
    expect(told.at(-1)).toBe('later')
  })
})
