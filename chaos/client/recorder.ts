import * as E from '#fp/Either'
import { Subscription } from 'rxjs'
import type { Client } from '../../lib/client/client.js'
import { contract } from '../../lib/contract/contract.js'
import { unchecked } from '../../lib/contract/validator.js'
import { outbox } from '../../lib/features/observe/index.js'
import type { Result } from '../../lib/core/result.js'
import type { Receipt } from '../../lib/outbox/message.js'
import { plainEpoch } from './hearing.js'
import type { Write } from '../history/write.js'

/** What is sent: the message's own id, so that a payload under a wrong id shows, and something to make it long. */
export interface Payload {
  readonly id: string
  readonly pad?: string
  /** A server may be set up to take nothing like it. */
  readonly poison?: true
}
export const Notes = contract({ events: { note: unchecked<Payload>() } })

/** Any client of a campaign, as its process sees it. */
export interface Living {
  /** When the oldest message was given that is not settled. */
  readonly oldestAt: () => number | undefined
  readonly counts: () => Readonly<Record<'sent' | 'settled' | 'delivered', number>>
  readonly isOnline: () => boolean
  /** Epoch and offset that it has reached in each room. */
  readonly positions: () => Readonly<Record<string, readonly [epoch: string, offset: number]>>
  /** Ends it in order: everything is written down when this resolves. */
  readonly end: () => Promise<void>
}

/** Writes down what one life of a client sends and what becomes of it, its states and its faults. */
export interface Recorder {
  readonly sent: (id: string, room: string) => void
  readonly settled: (id: string, result: Result<Receipt>) => void
  /** Ends with the life. */
  readonly life$: Subscription
  /** Messages that are not settled. */
  readonly open: () => number
  readonly oldestAt: () => number | undefined
  readonly counts: { sent: number; settled: number; delivered: number }
  readonly isOnline: () => boolean
}

export interface RecorderNeeds {
  readonly client: Client
  /** Unique, `client.life`. */
  readonly life: string
  readonly write: Write
  readonly now: () => number
  /** It has a store, and what it left in an earlier life goes on in this one. */
  readonly isStored: boolean
}

export const recorder = ({ client, life, write, now, isStored }: RecorderNeeds): Recorder => {
  const life$ = new Subscription()
  const counts = { sent: 0, settled: 0, delivered: 0 }
  const open = new Map<string, number>()
  const stored = new Set<string>()
  let tag = ''

  life$.add(
    client.state$.subscribe((state) => {
      tag = state._tag
      write(['state', now(), tag, 'because' in state && typeof state.because === 'object' ? state.because.code : ''])
    }),
  )
  life$.add(
    client.faults$.subscribe(({ _tag, message }) => {
      write(['fault', now(), _tag, message])
    }),
  )
  if (isStored) {
    life$.add(
      client.with(outbox).outbox$.subscribe(({ entries }) => {
        for (const { id, stage } of entries) {
          if (stage === 'queued' || stored.has(id)) continue
          stored.add(id)
          write(['stored', now(), id])
        }
      }),
    )
    life$.add(
      client.undelivered$.subscribe(({ id, error }) => {
        // The store keeps messages of earlier lives that are left at the close, and the next life tells their fate.
        if (id.startsWith(`${life}-`) || error.code === 'delivery/closed') return
        write(['refused', now(), id, error._tag === 'DeliveryError' ? error.executed : 'no', error.code])
      }),
    )
  }

  return {
    life$,
    counts,
    sent: (id, room) => {
      const at = now()
      write(['invoked', at, id, room])
      // A store may have it at once, and tell a next life of it.
      if (isStored) write.flush()
      counts.sent++
      open.set(id, at)
    },
    settled: (id, result) => {
      counts.settled++
      open.delete(id)
      stored.delete(id)
      if (E.isRight(result)) {
        const { id: told, room, position, repeated } = result.right
        if (told !== id) write(['fault', now(), 'Receipt', `${id} has the receipt of ${told}`])
        write(['receipt', now(), id, plainEpoch(room, position.epoch), position.offset, repeated ? 1 : 0])
      } else {
        const executed = result.left._tag === 'DeliveryError' ? result.left.executed : 'no'
        write(['refused', now(), id, executed, result.left.code])
      }
    },
    open: () => open.size,
    oldestAt: () => open.values().next().value,
    isOnline: () => tag === 'Online',
  }
}
