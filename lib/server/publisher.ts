import * as E from '#fp/Either'
import type { Refusal } from '../protocol/frame.js'
import type { Context } from './context.js'
import type { Entry, Outcome } from './engine.js'
import { refusal } from './refusal.js'

/** Who published, and is told what became of it. */
export interface Source {
  /** True when a newer link speaks for the client: what was not executed yet must not be. */
  readonly isFenced: () => boolean
  readonly accepted: (ref: number, outcome: Accepted) => void
  readonly refused: (ref: number, refusal: Refusal) => void
  /** The batch is answered. */
  readonly answered: () => void
}

export type Accepted = Extract<Outcome, { readonly _tag: 'Accepted' }>

export interface Publication {
  readonly ref: number
  readonly entry: Entry
  readonly source: Source
}

/** Appends publishes to their rooms: one batch per room at a time, in the order of their arrival. */
export interface Publisher {
  /** Queues a publish. It is appended at the end of the turn, or with those that wait for an append under way. */
  readonly put: (room: string, publication: Publication) => void
}

interface Queue {
  waiting: Publication[]
}

const batchEntries = 256

export const publisher = (context: Context): Publisher => {
  const { box, count, settings } = context
  const queues = new Map<string, Queue>()

  const pump = (room: string, queue: Queue): void => {
    const batch = queue.waiting.slice(0, batchEntries).filter(({ source }) => !source.isFenced())
    queue.waiting = queue.waiting.slice(batchEntries)
    if (batch.length === 0) {
      if (queue.waiting.length === 0) queues.delete(room)
      else pump(room, queue)
      return
    }
    const entries = batch.map(({ entry }) => entry)
    context.engine(
      () => settings.engine.append(room, entries),
      (answer) => {
        if (E.isLeft(answer)) {
          context.fault({ where: 'engine', message: answer.left, room })
          const unavailable: Outcome = { _tag: 'Refused', refusal: refusal('delivery/unavailable') }
          settle(batch, () => unavailable)
        } else settle(batch, (at) => answer.right[at])
        pump(room, queue)
      },
    )
  }
  const settle = (batch: readonly Publication[], outcomeOf: (at: number) => Outcome | undefined): void => {
    const sources = new Set<Source>()
    batch.forEach(({ ref, source }, at) => {
      const outcome = outcomeOf(at) ?? { _tag: 'Refused', refusal: refusal('delivery/unavailable') }
      sources.add(source)
      if (outcome._tag === 'Refused') {
        source.refused(ref, outcome.refusal)
        return
      }
      if (outcome.repeated) count.repeated++
      count.accepted++
      source.accepted(ref, outcome)
    })
    for (const source of sources) source.answered()
  }

  return {
    put: (room, publication) => {
      const queue = queues.get(room)
      if (queue) {
        queue.waiting.push(publication)
        return
      }
      const started: Queue = { waiting: [publication] }
      queues.set(room, started)
      box.enter(() => {
        pump(room, started)
      })
    },
  }
}
