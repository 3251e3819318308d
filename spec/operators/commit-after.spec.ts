import * as E from '#fp/Either'
import { AsyncSubject, NEVER, of, Subject, throwError } from 'rxjs'
import type { Result } from '../../lib/core/result.js'
import { commitAfter } from '../../lib/operators/index.js'
import { see } from '../support/seen.js'

interface Item {
  readonly room: string
  readonly position: { readonly epoch: string; readonly offset: number }
}

const item = (room: string, offset: number): Item => ({ room, position: { epoch: 'E', offset } })

const working = (concurrency?: number) => {
  const source = new Subject<E.Either<string, Item>>()
  const log: string[] = []
  const started = new Map<string, Subject<E.Either<string, string>>>()
  const commits = new Map<string, AsyncSubject<Result<void>>>()
  const nameOf = ({ room, position }: Item): string => `${room}${position.offset}`
  const target = {
    commit: (of: Item) => {
      log.push(`commit ${nameOf(of)}`)
      const answer = new AsyncSubject<Result<void>>()
      commits.set(nameOf(of), answer)
      return answer
    },
  }
  const seen = see(
    source.pipe(
      commitAfter(
        target,
        (message) => {
          const work = new Subject<E.Either<string, string>>()
          log.push(`start ${nameOf(message)}`)
          started.set(nameOf(message), work)
          return work
        },
        { concurrency },
      ),
    ),
  )
  const finish = (name: string, result: E.Either<string, string> = E.right(name)): void => {
    started.get(name)?.next(result)
    started.get(name)?.complete()
  }
  const answer = (name: string, result: Result<void> = E.right(undefined)): void => {
    commits.get(name)?.next(result)
    commits.get(name)?.complete()
  }
  return { source, log, seen, finish, answer, started }
}

describe('commitAfter', () => {
  it('[OP25] commits in the order of each room, whichever work finishes first, right after what it emits', () => {
    const { source, log, seen, finish, answer } = working()
    for (const each of [item('a', 1), item('a', 2), item('b', 1)]) source.next(E.right(each))
    finish('a2')
    finish('b1')
    expect([log.splice(0), seen.all]).toEqual([['start a1', 'start a2', 'start b1', 'commit b1'], [E.right('b1')]])
    finish('a1')
    expect([log, seen.all.slice(1)]).toEqual([
      ['commit a1', 'commit a2'],
      [E.right('a1'), E.right('a2')],
    ])
    source.complete()
    for (const name of ['a1', 'a2']) answer(name)
    expect(seen.isComplete()).toBe(false)
    answer('b1')
    expect(seen.isComplete()).toBe(true)
  })

  it('[OP25] works on so many messages at a time, each until its commit is answered', () => {
    const { source, log, finish, answer } = working(2)
    for (const offset of [1, 2, 3, 4]) source.next(E.right(item('a', offset)))
    expect(log.splice(0)).toEqual(['start a1', 'start a2'])
    finish('a1')
    expect(log.splice(0)).toEqual(['commit a1'])
    answer('a1')
    expect(log).toEqual(['start a3'])
  })

  it('[OP25] emits and commits nothing of a room after work that failed, and starts none; other rooms go on', () => {
    const { source, log, seen, finish } = working(3)
    for (const each of [item('a', 1), item('a', 2), item('b', 1), item('a', 3), item('b', 2)])
      source.next(E.right(each))
    finish('a1', E.left('broken'))
    finish('a2')
    finish('b1')
    finish('b2')
    expect(log).toEqual(['start a1', 'start a2', 'start b1', 'start b2', 'commit b1', 'commit b2'])
    expect(seen.all).toEqual([E.left('broken'), E.right('b1'), E.right('b2')])
  })

  it('[OP25] emits no other result of a message that failed', () => {
    const { source, log, seen, started, finish } = working()
    source.next(E.right(item('a', 1)))
    started.get('a1')?.next(E.right('half'))
    finish('a1', E.left('broken'))
    expect([seen.all, log]).toEqual([[E.left('broken')], ['start a1']])
  })

  it.each([
    ['commit/timeout', ['commit a1'], ['a1', 'refused']],
    ['room/not-stored', ['commit a1', 'commit a2'], ['a1', 'refused', 'a2']],
  ])('[OP25] after a commit that ends with %s it commits %j', (code, commits, emitted) => {
    const { source, log, seen, finish, answer } = working(1)
    for (const offset of [1, 2]) source.next(E.right(item('a', offset)))
    finish('a1')
    answer('a1', E.left({ code } as never))
    finish('a2')
    expect(log.filter((line) => line.startsWith('commit'))).toEqual(commits)
    expect(seen.all.map((each) => (E.isLeft(each) ? 'refused' : each.right))).toEqual(emitted)
  })

  it('[OP25] a Left goes through at once; work that throws or errors is a Left', () => {
    const results = see(
      of<E.Either<string, Item>[]>(E.left('gap'), ...['a', 'b', 'c'].map((room) => E.right(item(room, 1)))).pipe(
        commitAfter({ commit: () => NEVER }, ({ room }) => {
          if (room === 'a') throw new Error('thrown')
          return room === 'b' ? throwError(() => new Error('errored')) : of(E.right(room))
        }),
      ),
    )
    expect(
      results.all.map((each) => (E.isLeft(each) && typeof each.left === 'object' ? each.left.message : each)),
    ).toEqual([
      E.left('gap'),
      'The work of a message threw: thrown',
      'The work of a message threw: errored',
      E.right('c'),
    ])
    expect(results.all[1]).toMatchObject({
      left: {
        _tag: 'WorkThrew',
        name: 'WorkThrew',
        code: 'work/threw',
        kind: 'unknown',
        remedy: expect.stringContaining('retryBackoff') as string,
        thrown: new Error('thrown'),
      },
    })
  })

  it('[OP25] unsubscribing ends the work and commits nothing', () => {
    const { source, log, seen, started } = working()
    source.next(E.right(item('a', 1)))
    seen.stop()
    expect([started.get('a1')?.observed, source.observed, log]).toEqual([false, false, ['start a1']])
  })
})
