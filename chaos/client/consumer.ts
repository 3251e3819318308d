import { hostname } from 'node:os'
import * as E from '#fp/Either'
import { concatMap, EMPTY, firstValueFrom, map, type Observable, type OperatorFunction, tap, timer } from 'rxjs'
import type { Placed } from '../../lib/client/room.js'
import type { Result, ResultStream } from '../../lib/core/result.js'
import { commitAfter } from '../../lib/operators/commit-after.js'
import type { Message } from '../../lib/rooms/message.js'
import { manyRooms } from '../../lib/features/bulk/index.js'
import { commits, stored } from '../../lib/features/history/index.js'
import type { ConsumerKind } from '../history/record.js'
import type { Write } from '../history/write.js'
import type { Make } from './actor.js'
import { type Living, Notes, type Payload, recorder } from './recorder.js'
import { wire } from './tap.js'

/** One life of one consumer, which writes down what it is offered, commits and makes of it. */
export interface Consumer extends Living {
  /** Closes it with a drain of so many ms, and writes down what was left. */
  readonly close: (drainMs: number) => Promise<void>
}

export interface ConsumerNeeds {
  /** Unique, `client.life`. */
  readonly life: string
  readonly kind: ConsumerKind
  readonly write: Write
  readonly now: () => number
  readonly random: () => number
  /** Rooms to consume. */
  readonly reads: readonly string[]
  readonly make: Make
}

type Notice = Result<Message<Payload>>

/** How many messages may be offered and not committed. */
const window = 64
/** How long the work for one message takes at most, in ms. */
const workMs = 40
/** At the end of a campaign nothing disturbs the drain. */
const lastDrainMs = 20_000

/** Where copies of the messages of a room go: `i0` to `o0`. */
export const outOf = (room: string): string => room.replace('i', 'o')

export const consumer = ({ life, kind, write, now, random, reads, make }: ConsumerNeeds): Consumer => {
  const positions: Record<string, readonly [string, number]> = {}
  let count = 0
  const { wrap } = wire(write, now, () => undefined)
  const client = make({ ids: () => `${life}-${(++count).toString(36)}` }, wrap)
  const { life$, counts, sent, settled, oldestAt, isOnline } = recorder({ client, life, write, now, isStored: true })
  write(['consuming', now(), kind, hostname(), process.pid])

  // Before the first post: commits watch the posts of their step.
  const all = manyRooms(client, reads, Notes).with(commits)

  /** Written down at once: what was offered is used, whatever happens to the process next. */
  const used = tap<Notice>((result) => {
    if (E.isRight(result)) {
      const { room, position, id, data, redelivered } = result.right
      counts.delivered++
      write(['offered', now(), room, position.epoch, position.offset, id, data.id, redelivered ? 1 : 0])
      write.flush()
      if (kind === 'auto') positions[room] = [position.epoch, position.offset]
    } else if (result.left._tag === 'RoomError' && result.left.gap) {
      const { room, from, to, because } = result.left.gap
      write(['passed', now(), room, [from.epoch, from.offset], [to.epoch, to.offset], because])
    } else write(['told', now(), 0, result.left.code, result.left.kind])
  })
  const commit = ({ room, position }: Placed): ResultStream<void> => {
    const { epoch, offset } = position
    write(['committing', now(), room, epoch, offset])
    write.flush()
    return all.commit({ room, position }).pipe(
      tap((answer) => {
        if (E.isRight(answer)) {
          write(['committed', now(), room, epoch, offset])
          positions[room] = [epoch, offset]
        } else if (answer.left.code !== 'connection/client-closed')
          write(['uncommitted', now(), room, epoch, offset, answer.left.code])
      }),
    )
  }
  const work = (message: Message<Payload>): Observable<Result<Message<Payload>>> =>
    timer(random() * workMs).pipe(map(() => E.right(message)))
  const worked = commitAfter({ commit }, work)
  /** Posts a copy. To be called in the synchronous block of the commit. */
  const copy = ({ room, position }: Placed): void => {
    const id = `${life}-${(count + 1).toString(36)}`
    sent(id, outOf(room))
    write(['derived', now(), id, room, position.epoch, position.offset])
    write.flush()
    client
      .room(outOf(room), Notes)
      .post('note', { id })
      .subscribe((result) => {
        // The store keeps it, and the next life sends it.
        if (E.isLeft(result) && result.left.code === 'delivery/closed') return
        settled(id, result)
      })
  }
  const copied = tap<E.Either<unknown, Message<Payload>>>((result) => {
    if (E.isRight(result)) copy(result.right)
  })
  /** Without other work; the next message waits for the answer of the commit, and so for room in the outbox. */
  const atOnce = concatMap((result: Notice) => {
    if (E.isLeft(result)) return EMPTY
    copy(result.right)
    return commit(result.right)
  })
  const afterWork: OperatorFunction<Notice, unknown> = (source) => source.pipe(worked, copied)

  const manual = { from: stored({ commit: 'manual', window }) }
  const consume = {
    auto: () => [all.on('note', { from: stored() }).pipe(used)],
    manual: () => [all.on('note', manual).pipe(used, worked)],
    copy: () =>
      reads.map((room, index) =>
        client
          .room(room, Notes)
          .on('note', manual)
          .pipe(used, index % 2 === 0 ? atOnce : afterWork),
      ),
  }
  for (const consumed$ of consume[kind]() as readonly Observable<unknown>[]) life$.add(consumed$.subscribe())

  const close = async (drainMs: number): Promise<void> => {
    const closed = await firstValueFrom(client.close({ drainMs }))
    if (E.isRight(closed)) {
      const { undelivered, stored: kept, uncommitted } = closed.right
      write(['closed', now(), undelivered, kept, uncommitted.length])
    }
    write.flush()
  }
  return {
    oldestAt,
    counts: () => counts,
    isOnline,
    positions: () => positions,
    close,
    end: async () => {
      await close(lastDrainMs)
      write(['ended', now()])
      write.flush()
    },
  }
}
