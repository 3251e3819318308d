import { config, of, Subject, take } from 'rxjs'
import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import { commits, type Planned } from '../../../lib/node/files/commits.js'
import type { DiskFailure } from '../../../lib/node/files/disk.js'

/** Three works that wait for a commit, one of which throws when it is told; then a chore that throws too, and one more. */
const told = (answer: Either<DiskFailure, void>): readonly string[] => {
  const heard: string[] = []
  const disk = new Subject<Either<DiskFailure, void>>()
  const { put, between } = commits(() => disk.pipe(take(1)))
  const tell = (what: string) => (): void => {
    heard.push(what)
    if (what.includes('throws')) throw new Error(what)
  }
  const work = (what: string) => (): Planned => ({
    records: [['l', what]],
    done: tell(`done ${what}`),
    failed: tell(`failed ${what}`),
  })
  put(work('first'))
  for (const what of ['a', 'b throws', 'c']) put(work(what))
  disk.next(answer)
  between(() => of(E.right(undefined)), tell('chore throws'))
  put(work('last'))
  disk.next(answer)
  disk.next(answer)
  return heard
}

describe('commits', () => {
  afterEach(() => {
    config.onUnhandledError = null
    jest.useRealTimers()
  })

  it.each([
    ['done', E.right(undefined)],
    ['failed', E.left({ code: 'EIO', message: 'the disk says EIO' })],
  ])(
    '[EN35] who throws when told %s keeps nobody else from being told, and nothing from being written',
    (word, answer) => {
      jest.useFakeTimers()
      const unhandled: unknown[] = []
      config.onUnhandledError = (thrown) => unhandled.push(thrown)
      const all = ['first', 'a', 'b throws', 'c'].map((what) => `${word} ${what}`)
      expect(told(answer)).toEqual([...all, 'chore throws', `${word} last`])
      jest.runAllTimers()
      expect(unhandled).toEqual([new Error(`${word} b throws`), new Error('chore throws')])
    },
  )
})
