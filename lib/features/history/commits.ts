import * as E from '#fp/Either'
import type { WebSocketError } from '../../core/error.js'
import type { Position } from '../../core/position.js'
import type { Result } from '../../core/result.js'
import type { Extension } from '../../kernel/extension.js'
import { deliveryFailure } from '../../outbox/error.js'
import type { Message } from '../../outbox/message.js'
import { roomFailure } from '../../rooms/error.js'
import type { Parts } from '../../client/parts.js'
import { observer } from '../../store/calls.js'
import { followers } from './followers.js'
import { steps } from './steps.js'

/**
 * Commits positions together with the messages posted in the same step. A step is everything that happens until the
 * client writes: one turn, or all calls made at once. Call in a turn.
 */
export interface Committing extends Extension {
  /** Answers once the position is stored and, if the step posted messages, the outbox has room for more. */
  readonly commit: (room: string, position: Position, answer: (result: Result<undefined>) => void) => void
}

interface Commit {
  readonly room: string
  readonly position: Position
  readonly answer: (result: Result<undefined>) => void
}

export const committing = (parts: Parts): Committing => {
  const { kernel, outbox } = parts
  const { turns } = kernel
  const { consumers, positions } = parts.get(followers)
  const posted = parts.get(steps)
  /** The commits of the present step. */
  let open: Commit[] = []
  /** Stored commits that wait for room in the outbox. */
  let crowded: Commit[] = []
  const pending = new Set<Commit>()

  const answer = (to: readonly Commit[], result: (commit: Commit) => Result<undefined>): void => {
    turns.publish(() => {
      for (const commit of to) {
        if (!pending.delete(commit)) continue
        commit.answer(result(commit))
      }
    })
  }
  /** True while less than half of the outbox is taken. */
  const hasRoom = (): boolean =>
    outbox.totals.entries <= outbox.config.entries / 2 && outbox.totals.bytes <= outbox.config.bytes / 2
  const release = (): void => {
    if (crowded.length === 0 || !hasRoom()) return
    answer(crowded, done)
    crowded = []
  }
  /** Withdraws the messages posted in a refused step. */
  const undo = (all: readonly Message[]): void => {
    for (const message of all) outbox.withdraw(message, undone(message))
  }
  const store = (all: readonly Commit[], hasPosts: boolean): void => {
    if (all.length === 0) return
    const saved = (isSafe: boolean): void => {
      turns.enter(() => {
        if (!isSafe) answer(all, ({ room }) => E.left(notStored(room)))
        else if (hasPosts) crowded.push(...all)
        else answer(all, done)
        release()
      })
    }
    positions.save().subscribe(observer(saved))
  }

  return {
    commit: (room, position, told) => {
      const commit: Commit = { room, position, answer: told }
      open.push(commit)
      pending.add(commit)
    },
    step: () => {
      release()
      if (open.length === 0) return
      const commits = open
      const { posts, refusal } = posted.present()
      open = []
      if (refusal) {
        undo(posts)
        answer(commits, () => E.left(refusal))
        return
      }
      const accepted: Commit[] = []
      for (const commit of commits) {
        const fault = consumers.commit(commit.room, commit.position)
        if (fault) answer([commit], () => E.left(fault))
        else accepted.push(commit)
      }
      store(accepted, posts.length > 0)
    },
    close: (because) => {
      answer([...pending], () => E.left(because))
      open = []
      crowded = []
    },
  }
}

const done = (): Result<undefined> => E.right(undefined)

const undone = (message: Message): WebSocketError =>
  deliveryFailure('delivery/undone', 'retry', message, 'no', { room: message.room })

const notStored = (room: string): WebSocketError => roomFailure('room/not-stored', 'retry', room)
