import { AsyncSubject, type Observable, of } from 'rxjs'
import type { Client } from '../client/client.js'
import type { ClientOptions } from '../client/options.js'
import type { Parts } from '../client/parts.js'
import { partsOf } from '../client/port.js'
import { observer } from '../store/calls.js'

/** A client of a pool. */
export interface Member {
  readonly index: number
  readonly client: Client
  readonly parts: Parts
  /** Messages that an earlier run left, which go before those of this run. */
  left: readonly Left[]
}

/** A message that an earlier run left. */
interface Left {
  readonly room: string
  readonly state: { readonly _tag: string }
}

/** Makes a member. `changed` is called when a turn of its client has ended. */
export const member = (
  index: number,
  options: ClientOptions,
  create: (options: ClientOptions) => Client,
  changed: () => void,
): Member => {
  const client = create(options)
  const parts = partsOf(client)
  parts.kernel.add({ flush: changed })
  return { index, client, parts, left: [] }
}

/** Calls `then` once the member knows what an earlier run stored. */
export const whenLoaded = (loading: Member, then: () => void): void => {
  const { stored, outbox, kernel } = loading.parts
  if (!stored) then()
  else
    kernel.turns.enter(() => {
      stored.loaded(() => {
        loading.left = outbox.held()
        then()
      })
    })
}

/** True while a message that an earlier run left to this member has no receipt; with a room: of that room. */
export const hasLeft = ({ left }: Member, room?: string): boolean =>
  left.some((message) => message.state._tag !== 'Settled' && (room === undefined || message.room === room))

/**
 * Moves the stored position of a room from one member to another. The first has it until the other one has stored it.
 * Emits once it is moved, or cannot be.
 */
export const handOver = (room: string, from: Member, to: Member): Observable<unknown> => {
  const [given, taken] = [from.parts.stored?.positions, to.parts.stored?.positions]
  const resume = given?.get(room)
  if (!given || !taken || !resume) return of(undefined)
  const { position, offered } = resume
  const done$ = new AsyncSubject<boolean>()
  to.parts.kernel.turns.enter(() => {
    taken.moved(room, position)
    if (offered > position.offset) taken.offered(room, { epoch: position.epoch, offset: offered })
    taken.save().subscribe(done$)
  })
  done$.subscribe(
    observer((isSafe) => {
      from.parts.kernel.turns.enter(() => {
        // It has moved on if the room has come back meanwhile.
        if (isSafe && given.get(room) === resume) given.forget(room)
      })
    }),
  )
  return done$
}
