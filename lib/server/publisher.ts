import * as E from '#fp/Either'
import type { Refusal } from '../protocol/frame.js'
import type { Context } from './context.js'
import type { Entry, Outcome } from './engine.js'
import { fifo, type Fifo } from './fifo.js'
import type { Owner } from './owner.js'
import { refusal } from './refusal.js'

/** The origin of a publish, which receives the outcome. */
export interface Source {
  /** Returns true where a newer connection speaks for the client: pending publishes must not execute. */
  readonly isFenced: () => boolean
  readonly accepted: (publication: Publication, outcome: Accepted) => void
  readonly refused: (publication: Publication, refusal: Refusal) => void
  /** Reports that the publish was fenced before its execution. */
  readonly dropped: (publication: Publication) => void
  /** The owner of the work. */
  readonly owner: Owner | undefined
}

export type Accepted = Extract<Outcome, { readonly _tag: 'Accepted' }>

export interface Publication {
  readonly ref: number
  readonly room: string
  readonly entry: Entry
  readonly source: Source
}

/** Appends publishes to their rooms: one batch per room at a time, in order of arrival. */
export interface Publisher {
  /** Queues a publish. The publisher appends it at the end of the turn, or with those that wait for a pending append. */
  readonly put: (publication: Publication) => void
  /** Calls `decided` once all publishes of a room that were put before are decided: at once where there is none. */
  readonly after: (room: string, decided: () => void) => void
}

/** The publishes of a room that are not decided yet. */
interface Queue {
  readonly waiting: Fifo<Publication>
  /** The number of publishes that were put. */
  put: number
  readonly listeners: Fifo<{ readonly at: number; readonly decided: () => void }>
}

/** Maximum size of one append. */
const batch = { entries: 256, bytes: 2 ** 20 }

export const publisher = (context: Context): Publisher => {
  const { box, count, settings } = context
  const queues = new Map<string, Queue>()

  /** Tells those who wait for what is no longer in the queue. */
  const tell = ({ put, waiting, listeners }: Queue): void => {
    const decided = put - waiting.size()
    for (let first = listeners.first(); first && first.at <= decided; first = listeners.first()) {
      listeners.take()
      first.decided()
    }
  }
  const pump = (room: string, queue: Queue): void => {
    const publications = takeBatch(queue.waiting)
    if (publications.length === 0) {
      queues.delete(room)
      tell(queue)
      return
    }
    const entries = publications.map(({ entry }) => entry)
    context.engine(
      () => settings.logs.append(room, entries),
      (answer) => {
        const owner = publications[0]?.source.owner
        if (owner) context.bill(owner)
        if (E.isLeft(answer)) {
          context.fault({ where: 'engine', message: answer.left, room })
          settle(publications, [])
        } else settle(publications, answer.right)
        tell(queue)
        pump(room, queue)
      },
    )
  }
  const settle = (publications: readonly Publication[], outcomes: readonly Outcome[]): void => {
    publications.forEach((publication, at) => {
      const { source } = publication
      const outcome = outcomes[at]
      if (outcome?._tag !== 'Accepted') {
        source.refused(publication, outcome?.refusal ?? refusal('delivery/unavailable'))
        return
      }
      if (outcome.repeated) count.repeated++
      else count.accepted++
      source.accepted(publication, outcome)
    })
  }

  return {
    after: (room, decided) => {
      const queue = queues.get(room)
      if (queue) queue.listeners.put({ at: queue.put, decided })
      else decided()
    },
    put: (publication) => {
      const { room } = publication
      const queue = queues.get(room)
      if (queue) {
        queue.put++
        queue.waiting.put(publication)
        return
      }
      const started: Queue = { waiting: fifo(), put: 1, listeners: fifo() }
      started.waiting.put(publication)
      queues.set(room, started)
      box.enter(() => {
        pump(room, started)
      })
    },
  }
}

/** Takes the executable publishes of the next batch, at least one if there is any. */
const takeBatch = (queue: Fifo<Publication>): readonly Publication[] => {
  const taken: Publication[] = []
  let bytes = 0
  for (let next = queue.first(); next && taken.length < batch.entries; next = queue.first()) {
    bytes += next.entry.data.length
    if (taken.length > 0 && bytes > batch.bytes) break
    queue.take()
    if (next.source.isFenced()) next.source.dropped(next)
    else taken.push(next)
  }
  return taken
}
