import * as E from '#fp/Either'
import { Subscription } from 'rxjs'
import type { Client } from '../../lib/client/client.js'
import type { ClientOptions } from '../../lib/client/options.js'
import type { Room } from '../../lib/client/room.js'
import { contract } from '../../lib/contract/contract.js'
import { unchecked } from '../../lib/contract/validator.js'
import type { Result } from '../../lib/core/result.js'
import type { Receipt } from '../../lib/outbox/entry.js'
import type { Message } from '../../lib/rooms/message.js'
import type { Write } from '../history/write.js'
import { wire } from './tap.js'

/** What is sent: the message's own id, so that a payload under a wrong id shows, and something to make it long. */
export interface Payload {
  readonly id: string
  readonly pad?: string
  /** A server may be set up to take nothing like it. */
  readonly poison?: true
}
export const Notes = contract({ events: { note: unchecked<Payload>() } })

/** One life of one client, which writes down all that happens to it. */
export interface Actor {
  /** Sends to a room, about `size` bytes; `owned`: by `send`, whose answer the caller owns, else by `post`. */
  readonly say: (room: string, size: number, how: { readonly owned: boolean; readonly poison?: boolean }) => void
  /** Messages that are not settled. */
  readonly open: () => number
  /** When the oldest of them was given. */
  readonly oldestAt: () => number | undefined
  readonly counts: () => Readonly<Record<'sent' | 'settled' | 'delivered', number>>
  readonly isOnline: () => boolean
  /** Epoch and offset of the stream of each room. */
  readonly positions: () => Readonly<Record<string, readonly [epoch: string, offset: number]>>
  readonly client: Client
  /** Says that all is done, and closes. */
  readonly end: () => void
  /** Nothing more is written down: as if the process were gone. */
  readonly die: () => void
}

export interface ActorNeeds {
  /** Unique, `client.life`. */
  readonly life: string
  readonly write: Write
  readonly now: () => number
  /** Rooms to listen to. */
  readonly reads: readonly string[]
  /** It has a store, and what it left in an earlier life goes on in this one. */
  readonly isStored?: boolean
  /** Makes the client with these options and whatever else it takes. */
  readonly make: (options: Required<Pick<ClientOptions, 'ids'>>, wrap: ReturnType<typeof wire>['wrap']) => Client
}

/** Begins a life: one stream to each room. */
export const actor = ({ life, write: writeAlways, now, reads, isStored = false, make }: ActorNeeds): Actor => {
  const life$ = new Subscription()
  const positions: Record<string, readonly [string, number]> = {}
  let count = 0
  const counts = { sent: 0, settled: 0, delivered: 0 }
  const open = new Map<string, number>()
  const stored = new Set<string>()
  let tag = ''
  let dead = false
  const write: Write = Object.assign(
    (record: Parameters<Write>[0]) => {
      if (!dead) writeAlways(record)
    },
    { flush: writeAlways.flush },
  )
  const nameOf = (number: number): string => `${life}-${number.toString(36)}`
  const moved = (room: string, epoch: string, offset: number): void => {
    positions[room] = [epoch, offset]
    tapped.reached(room, epoch, offset)
  }
  const tapped = wire(write, now, (room, epoch, offset) => {
    write(['began', now(), reads.indexOf(room), epoch, offset])
    moved(room, epoch, offset)
  })
  const client = make({ ids: () => nameOf(++count) }, tapped.wrap)
  const handles = new Map<string, Room<typeof Notes>>()
  const handle = (name: string): Room<typeof Notes> => {
    const known = handles.get(name) ?? client.room(name, Notes)
    handles.set(name, known)
    return known
  }

  const take = (room: string, stream: number, result: Result<Message<Payload>>): void => {
    if (E.isRight(result)) {
      const { position, id, data } = result.right
      counts.delivered++
      write(['delivered', now(), stream, position.epoch, position.offset, id, data.id])
      moved(room, position.epoch, position.offset)
    } else if (result.left._tag === 'RoomError' && result.left.gap) {
      const { from, to, because } = result.left.gap
      write(['gap', now(), stream, [from.epoch, from.offset], [to.epoch, to.offset], because])
      moved(room, to.epoch, to.offset)
    } else write(['told', now(), stream, result.left.code, result.left.kind])
  }
  const settled = (id: string, result: Result<Receipt>): void => {
    counts.settled++
    open.delete(id)
    stored.delete(id)
    if (E.isRight(result)) {
      const { id: told, position, repeated } = result.right
      if (told !== id) write(['fault', now(), 'Receipt', `${id} has the receipt of ${told}`])
      write(['receipt', now(), id, position.epoch, position.offset, repeated ? 1 : 0])
    } else {
      const executed = result.left._tag === 'DeliveryError' ? result.left.executed : 'no'
      write(['refused', now(), id, executed, result.left.code])
    }
  }

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
      client.outbox$.subscribe(({ entries }) => {
        for (const { id, stage } of entries) {
          if (stage === 'queued' || stored.has(id)) continue
          stored.add(id)
          write(['stored', now(), id])
        }
      }),
    )
    life$.add(
      client.undelivered$.subscribe(({ id, error }) => {
        if (id.startsWith(`${life}-`)) return
        write(['refused', now(), id, error._tag === 'DeliveryError' ? error.executed : 'no', error.code])
      }),
    )
  }
  for (const [stream, room] of reads.entries()) {
    write(['opened', now(), stream, room])
    life$.add(
      handle(room)
        .on('note')
        .subscribe((result) => {
          take(room, stream, result)
        }),
    )
  }

  return {
    client,
    say: (room, size, { owned, poison }) => {
      const id = nameOf(count + 1)
      const payload: Payload = {
        id,
        ...(size > 0 ? { pad: 'x'.repeat(size) } : {}),
        ...(poison === true ? { poison } : {}),
      }
      const at = now()
      write(['invoked', at, id, room])
      counts.sent++
      open.set(id, at)
      const result$ = owned ? handle(room).send('note', payload) : handle(room).post('note', payload)
      life$.add(
        result$.subscribe((result) => {
          settled(id, result)
        }),
      )
    },
    open: () => open.size,
    oldestAt: () => open.values().next().value,
    counts: () => counts,
    isOnline: () => tag === 'Online',
    positions: () => positions,
    end: () => {
      write(['ended', now()])
      write.flush()
      dead = true
      client.close().subscribe()
    },
    die: () => {
      dead = true
    },
  }
}
