import * as E from '#fp/Either'
import type { Logged } from '../../../lib/protocol/codec.js'
import type { Position } from '../../../lib/core/position.js'
import type { Answer, Engine, Entry, Feed, Outcome, Page, PageLimit } from '../../../lib/server/engine.js'
import type { From } from '../../../lib/protocol/frame.js'

/** The answer of an engine that answers in the same turn. */
export const now = <T>(answer: Answer<T>): T => {
  const answers: T[] = []
  answer.subscribe({
    next: (each) => {
      if (E.isLeft(each)) throw new Error(each.left.message)
      answers.push(each.right)
    },
    error: (thrown: unknown) => {
      throw thrown
    },
  })
  if (answers.length !== 1) throw new Error(`${answers.length} answers`)
  return answers[0] as T
}

/** A page of a room that is there. */
export const pageOf = (engine: Engine, room: string, after: Position, limit: PageLimit): Page => {
  const page = now(engine.read(room, after, limit))
  if (!page) throw new Error(`there is no room ${room}`)
  return page
}

export interface Following {
  readonly told: readonly Feed[]
  readonly offsets: () => readonly number[]
  readonly stop: () => void
}

/** Listens to a feed. */
export const following = (engine: Engine, room: string, from?: From): Following => {
  const told: Feed[] = []
  const subscription = engine.follow(room, from).subscribe({
    next: (each) => {
      if (E.isLeft(each)) throw new Error(each.left.message)
      told.push(each.right)
    },
    error: (thrown: unknown) => {
      throw thrown
    },
  })
  return {
    told,
    offsets: () => told.flatMap((each) => (each._tag === 'Messages' ? offsetsOf(each.messages) : [])),
    stop: () => {
      subscription.unsubscribe()
    },
  }
}

export const offsetsOf = (messages: readonly Logged[]): readonly number[] => messages.map(({ offset }) => offset)

/** An entry whose id and payload are its producer and seq. */
export const entry = (seq: number, more: Partial<Entry> = {}): Entry => {
  const producer = more.producer ?? 'p'
  const id = `${producer}.${seq}`
  return {
    user: 'u',
    producer,
    seq,
    after: 0,
    retry: false,
    id,
    event: 'e',
    from: ['u', 's'],
    data: JSON.stringify(id),
    ...more,
  }
}

/** An outcome in a word: its offset, `again` and the offset, or the code of the refusal. */
export const word = (outcome: Outcome): string =>
  outcome._tag === 'Refused' ? outcome.refusal.code : `${outcome.repeated ? 'again ' : ''}${outcome.offset}`
