import { defer, Observable, type ObservableInput, type OperatorFunction } from 'rxjs'
import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import type { Kind, WebSocketError } from '../core/error.js'
import { thrownText } from '../core/guard.js'
import type { Position } from '../core/position.js'
import type { ResultStream } from '../core/result.js'

/** A message by its place. */
interface Placed {
  readonly room: string
  readonly position: Position
}

/** A room or a set of rooms whose positions can be committed. */
export interface Committed {
  readonly commit: (of: Placed) => ResultStream<void>
}

/** Options of `commitAfter`. All are optional. */
export interface CommitAfter {
  /** The most messages in work or waiting for the answer to their commit, over all rooms. Default 16. */
  readonly concurrency?: number | undefined
}

/** A message from its arrival until its commit is answered. */
interface Job<B> {
  readonly of: Placed
  readonly results: Either<unknown, B>[]
  stage: 'working' | 'done'
}

/** The messages of one room in work, in order, and the number of unanswered commits. */
interface Queue<B> {
  readonly jobs: Job<B>[]
  commits: number
  /** `stuck`: a message failed, so no later message of the room is worked on, emitted or committed. */
  progress: 'moving' | 'stuck'
}

/**
 * Does work for each message, several messages at a time, and commits each message after its work, in the order of its
 * room, even if later work finishes first. Emits the results of the work in that order too, and commits a message right
 * after emitting its results, in the same synchronous block: a message that a subscriber posts on a result is stored in
 * one step with the commit.
 *
 * `work` gives results as `Either`, as an Observable, a promise or a list. A `Left` of the work or a throw goes through
 * as `Left`, without the other results of its message, and so does the refusal of a commit. Then the room is stuck: no
 * more of its messages are worked on, emitted or committed, and the next subscription receives the failed message and
 * all later ones again. Retry inside `work`, and to skip a message let its work give a `Right` or nothing. A commit
 * that the store cannot take now (`room/not-stored`) goes through as `Left` too, and its room goes on: the next commit
 * covers it. A `Left` of the source goes through at once. Use it with `from: stored({ commit: 'manual' })`, and with a
 * `window` to bound memory: messages beyond `concurrency` wait in memory.
 */
export const commitAfter = <L, A extends Placed, M, B>(
  target: Committed,
  work: (message: A) => ObservableInput<Either<M, B>>,
  { concurrency = 16 }: CommitAfter = {},
): OperatorFunction<Either<L, A>, Either<L | M | WebSocketError | WorkThrew, B>> => {
  type Out = Either<L | M | WebSocketError | WorkThrew, B>
  return (source) =>
    new Observable<Out>((to) => {
      const queues = new Map<string, Queue<B>>()
      const waiting: A[] = []
      let running = 0
      let isOver = false

      const finish = (): void => {
        if (isOver && running === 0 && waiting.length === 0) to.complete()
      }
      const release = (): void => {
        running--
        next()
        finish()
      }
      /** Keeps the entry of a stuck room. */
      const forget = (room: string, { jobs, commits, progress }: Queue<B>): void => {
        if (jobs.length === 0 && commits === 0 && progress === 'moving') queues.delete(room)
      }
      const raise = (thrown: unknown): void => {
        to.error(thrown)
      }
      const settle = (queue: Queue<B>, { of, results }: Job<B>): void => {
        if (queue.progress === 'stuck') {
          release()
          return
        }
        const failures = results.filter(E.isLeft)
        if (failures.length > 0) queue.progress = 'stuck'
        for (const result of failures.length > 0 ? failures : results) to.next(result as Out)
        if (failures.length > 0) {
          release()
          return
        }
        queue.commits++
        const answered = (answer: Either<WebSocketError, void>): void => {
          queue.commits--
          if (E.isLeft(answer)) {
            if (answer.left.code !== 'room/not-stored') queue.progress = 'stuck'
            to.next(answer)
          }
          forget(of.room, queue)
          release()
        }
        target.commit(of).subscribe({ next: answered, error: raise })
      }
      const drain = (room: string, queue: Queue<B>): void => {
        for (let job = queue.jobs[0]; job?.stage === 'done'; job = queue.jobs[0]) {
          queue.jobs.shift()
          settle(queue, job)
        }
        forget(room, queue)
      }
      const queueOf = (room: string): Queue<B> => {
        const known = queues.get(room)
        if (known) return known
        const fresh: Queue<B> = { jobs: [], commits: 0, progress: 'moving' }
        queues.set(room, fresh)
        return fresh
      }
      const begin = (message: A): void => {
        running++
        const queue = queueOf(message.room)
        const job: Job<B> = { of: message, results: [], stage: 'working' }
        queue.jobs.push(job)
        const done = (): void => {
          if (job.stage === 'done') return
          job.stage = 'done'
          drain(message.room, queue)
        }
        const failed = (thrown: unknown): void => {
          job.results.push(E.left(workThrew(thrown)))
          done()
        }
        const subscription = defer(() => work(message)).subscribe({
          next: (result) => job.results.push(result),
          error: failed,
          complete: done,
        })
        to.add(subscription)
        subscription.add(() => {
          to.remove(subscription)
        })
      }
      const next = (): void => {
        while (running < concurrency) {
          const message = waiting.shift()
          if (message === undefined) return
          if (queues.get(message.room)?.progress !== 'stuck') begin(message)
        }
      }
      to.add(
        source.subscribe({
          next: (result) => {
            if (E.isLeft(result)) {
              to.next(result)
              return
            }
            waiting.push(result.right)
            next()
          },
          error: raise,
          complete: () => {
            isOver = true
            finish()
          },
        }),
      )
    })
}

/** The work of a message threw, or its stream errored. */
export interface WorkThrew {
  readonly _tag: 'WorkThrew'
  readonly name: 'WorkThrew'
  readonly code: 'work/threw'
  readonly kind: Kind
  readonly message: string
  readonly remedy: string
  readonly thrown: unknown
}

const workThrew = (thrown: unknown): WorkThrew =>
  Object.freeze({
    _tag: 'WorkThrew',
    name: 'WorkThrew',
    code: 'work/threw',
    kind: 'unknown',
    message: `The work of a message threw: ${thrownText(thrown)}`,
    remedy:
      'Its room has stopped, and the next subscription is offered the message again. ' +
      'Catch failures inside the work: try again there, as with retryBackoff, or give a Right to go on without it.',
    thrown,
  })
