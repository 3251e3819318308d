import { type Observable, of, Subject, take } from 'rxjs'
import * as E from '#fp/Either'
import { deadlines } from '../../lib/core/deadlines.js'
import { type Writer, type WriterNeeds, writer } from '../../lib/session/writer.js'
import type { Change, StoreFailure } from '../../lib/store/port.js'
import { virtualTime } from '../../lib/testing/virtual.js'
import { see } from '../support/seen.js'

type Answer = E.Either<StoreFailure, void>
const done: Answer = E.right(undefined)
const full: Answer = E.left({ because: 'full', message: '' })
const put = (key: string): Change => ({ key, text: 'x' })

/** Each write begins a batch, if none is under way. */
const eager = ({ write, flush, settled }: Writer) => ({
  settled,
  write: (change: Change): Observable<boolean> => {
    const answer$ = write(change)
    flush()
    return answer$
  },
})

/** No step is ever half given. */
const resuming = (needs: Omit<WriterNeeds, 'resume'>): Writer => {
  const made: Writer = writer({
    ...needs,
    resume: () => {
      made.flush()
    },
  })
  return made
}

const started = (found: readonly string[] = []) => {
  const batches: (readonly string[])[] = []
  const answers = new Subject<Answer>()
  const failures: string[] = []
  const write = (changes: readonly Change[]): Observable<Answer> => {
    batches.push(changes.map(({ key, text }) => `${text === undefined ? '-' : '+'}${key}`))
    return answers.pipe(take(1))
  }
  const time = virtualTime()
  return {
    time,
    ...eager(
      resuming({
        to: { write },
        found,
        failed: ({ because }) => failures.push(because),
        limitMs: 1_000,
        deadlines: deadlines(time),
      }),
    ),
    batches,
    answers,
    failures,
  }
}

describe('the writer of a partition', () => {
  it('[ST28] writes one batch at a time, and all that came meanwhile in the next', () => {
    const { write, settled, batches, answers } = started()
    const [a, b, c] = [see(write(put('a'))), see(write(put('b'))), see(write({ key: 'a' }))]
    const end = see(settled())
    expect(batches).toEqual([['+a']])
    answers.next(done)
    expect([a.only(), b.all, batches]).toEqual([true, [], [['+a'], ['+b', '-a']]])
    answers.next(done)
    expect([b.only(), c.only(), end.isComplete()]).toEqual([true, true, true])
    expect(see(settled()).isComplete()).toBe(true)
    expect(batches).toHaveLength(2)
  })

  it('[ST28] removes on a full store what is to go, without what was to come, and tells a failure once', () => {
    const { write, batches, answers, failures } = started()
    void see(write(put('a')))
    const [b, c] = [see(write(put('b'))), see(write({ key: 'c' }))]
    answers.next(done)
    answers.next(full)
    expect([b.only(), c.all, batches.at(-1)]).toEqual([false, [], ['-c']])
    answers.next(full)
    expect(c.only()).toBe(false)
    expect(failures).toEqual(['full'])
    void see(write(put('d')))
    answers.next(done)
    void see(write(put('e')))
    answers.next(full)
    expect(failures).toEqual(['full', 'full'])
  })

  it('[ST28] begins no batch by itself where one ends: a step may be half given', () => {
    const batches: number[] = []
    const answers = new Subject<Answer>()
    let resumed = 0
    const { write, flush } = writer({
      to: {
        write: (changes) => {
          batches.push(changes.length)
          return answers.pipe(take(1))
        },
      },
      found: [],
      failed: () => undefined,
      resume: () => {
        resumed++
      },
      limitMs: 1_000,
      deadlines: deadlines(virtualTime()),
    })
    void see(write(put('a')))
    flush()
    void see(write(put('b')))
    answers.next(done)
    expect([batches, resumed]).toEqual([[1], 1])
    void see(write(put('c')))
    flush()
    expect(batches).toEqual([1, 2])
  })

  it('[ST28] on a full store what joins each batch is not tried again with the removals that it refused', () => {
    let asks = 0
    const batches: (readonly string[])[] = []
    const { write } = eager(
      resuming({
        to: {
          write: (changes) => {
            batches.push(changes.map(({ key, text }) => `${text === undefined ? '-' : '+'}${key}`))
            return of(full)
          },
        },
        found: ['a'],
        failed: () => undefined,
        collect: (isBatch) => (isBatch && ++asks < 9 ? { changes: [put('p')], answered: () => undefined } : undefined),
        limitMs: 1_000,
        deadlines: deadlines(virtualTime()),
      }),
    )
    void see(write({ key: 'a' }))
    expect(batches).toEqual([['-a', '+p'], ['-a']])
  })

  it('[ST28] tries again what could not be removed, with the next batch and at the end, unless it was put anew', () => {
    const { write, settled, batches, answers } = started(['a', 'b'])
    for (const key of ['a', 'b']) {
      void see(write({ key }))
      answers.next(full)
    }
    expect(batches).toEqual([['-a'], ['-a', '-b']])
    void see(write(put('a')))
    answers.next(full)
    answers.next(full)
    expect(batches.slice(2)).toEqual([['-b', '+a'], ['-b']])
    const end = see(settled())
    expect(batches.at(-1)).toEqual(['-b'])
    answers.next(full)
    expect(end.isComplete()).toBe(true)
    const again = see(settled())
    answers.next(done)
    expect([again.isComplete(), batches]).toEqual([true, [['-a'], ['-a', '-b'], ['-b', '+a'], ['-b'], ['-b'], ['-b']]])
    expect(see(settled()).isComplete()).toBe(true)
    void see(write({ key: 'c' }))
    answers.next(E.left({ because: 'fenced', message: '' }))
    expect(see(settled()).isComplete()).toBe(true)
  })

  it('[ST28] does not try again what was never there, or is not any more', () => {
    const { write, settled, batches, answers } = started()
    void see(write(put('a')))
    answers.next(full)
    void see(write({ key: 'a' }))
    answers.next(full)
    expect(see(settled()).isComplete()).toBe(true)
    void see(write(put('b')))
    answers.next(done)
    void see(write({ key: 'b' }))
    answers.next(full)
    void see(write(put('c')))
    answers.next(done)
    void see(write({ key: 'b' }))
    answers.next(full)
    expect(see(settled()).isComplete()).toBe(true)
    expect(batches).toEqual([['+a'], ['-a'], ['+b'], ['-b'], ['-b', '+c'], ['-b']])
  })

  it('[ST28] what is put anew while its failed removal is told comes after it', () => {
    const { write, settled, batches, answers } = started(['a'])
    write({ key: 'a' }).subscribe(() => void see(write(put('a'))))
    answers.next(full)
    answers.next(done)
    expect(see(settled()).isComplete()).toBe(true)
    expect(batches).toEqual([['-a'], ['-a', '+a']])
  })

  it('[ST28] takes no answer, a throw and an error for failures', () => {
    for (const broken of [
      () => {
        throw new Error('no')
      },
      () => new Subject<Answer>().pipe(take(0)),
      () => undefined as unknown as Observable<Answer>,
    ]) {
      const failures: string[] = []
      const { write } = eager(
        resuming({
          to: { write: broken },
          found: [],
          failed: ({ because }) => failures.push(because),
          limitMs: 1_000,
          deadlines: deadlines(virtualTime()),
        }),
      )
      expect(see(write(put('a'))).only()).toBe(false)
      expect(failures).toEqual(['failed'])
    }
  })

  it('[ST38] fails what a store does not answer in time and what comes meanwhile, and removes it when the store answers', () => {
    const { time, write, settled, batches, answers, failures } = started()
    const [a, b] = [see(write(put('a'))), see(write(put('b')))]
    time.advanceBy(999)
    expect([a.all, b.all]).toEqual([[], []])
    time.advanceBy(1)
    expect([a.only(), b.only(), failures]).toEqual([false, false, ['failed']])
    expect(see(write(put('c'))).only()).toBe(false)
    const removed = see(write({ key: 'a' }))
    expect([removed.all, see(settled()).isComplete(), batches]).toEqual([[], true, [['+a']]])
    answers.next(done)
    expect(batches).toEqual([['+a'], ['-a']])
    answers.next(done)
    expect(removed.only()).toBe(true)
    const d = see(write(put('d')))
    answers.next(done)
    expect([d.only(), failures, time.pending()]).toEqual([true, ['failed'], 0])
  })
})
