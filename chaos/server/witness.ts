import * as E from '#fp/Either'
import { Observable, tap } from 'rxjs'
import type { Base, Engine, Entry, Outcome } from '../../lib/server/engine.js'
import type { Write } from '../history/write.js'

interface Known {
  readonly epoch: string
  first: number
  head: number
}

/** An engine of which everything that it says is written down, before anybody else hears it. */
export const witness = (engine: Engine, write: Write, now: () => number): Engine => {
  const rooms = new Map<string, Known>()

  const based = (room: string, { epoch, first, head }: Pick<Base, 'epoch' | 'first' | 'head'>): Known => {
    let known = rooms.get(room)
    if (known?.epoch !== epoch || first > known.first) {
      known = known?.epoch === epoch ? known : { epoch, first, head: 0 }
      known.first = first
      write(['head', now(), room, epoch, first, Math.max(head, known.head)])
      rooms.set(room, known)
    }
    return known
  }
  const logged = (
    room: string,
    epoch: string,
    messages: readonly { readonly offset: number; readonly id: string }[],
  ): void => {
    const known = rooms.get(room)?.epoch === epoch ? rooms.get(room) : undefined
    const fresh = messages.filter(({ offset }) => offset > (known?.head ?? 0))
    const [next] = fresh
    if (!next) return
    write(['logged', now(), room, epoch, next.offset, fresh.map(({ id }) => id)])
    const head = fresh.at(-1)?.offset ?? next.offset
    if (known) known.head = head
    else rooms.set(room, { epoch, first: 1, head })
  }
  const decided = (room: string, entries: readonly Entry[], outcomes: readonly Outcome[]): void => {
    const counts = new Map<string, number>()
    const accepted: { readonly epoch: string; readonly offset: number; readonly id: string }[] = []
    for (const [index, outcome] of outcomes.entries()) {
      const { id } = entries[index] ?? { id: '' }
      if (outcome._tag === 'Accepted' && !outcome.repeated) accepted.push({ ...outcome, id })
      else {
        const what = outcome._tag === 'Accepted' ? 'repeated' : outcome.refusal.code
        counts.set(what, (counts.get(what) ?? 0) + 1)
      }
    }
    const [first] = accepted
    if (first) logged(room, first.epoch, accepted)
    for (const [what, count] of counts) write(['decided', now(), what, count])
    write.flush()
  }

  return {
    ...engine,
    // Heard to the end: what nobody waits for any more is in the log all the same.
    append: (room, entries) =>
      new Observable((to) => {
        engine.append(room, entries).subscribe({
          next: (answer) => {
            if (E.isRight(answer)) decided(room, entries, answer.right)
            to.next(answer)
          },
          error: (thrown: unknown) => {
            to.error(thrown)
          },
          complete: () => {
            to.complete()
          },
        })
      }),
    follow: (room, from) =>
      engine.follow(room, from).pipe(
        tap((told) => {
          if (E.isLeft(told)) return
          const feed = told.right
          if (feed._tag === 'Base') based(room, feed)
          else if (feed._tag === 'Messages') logged(room, feed.epoch, feed.messages)
          else if (feed._tag === 'Lost' && (feed.to.epoch !== rooms.get(room)?.epoch || feed.because === 'truncated'))
            based(room, { epoch: feed.to.epoch, first: feed.to.offset + 1, head: feed.to.offset })
          write.flush()
        }),
      ),
    read: (room, after, limit) =>
      engine.read(room, after, limit).pipe(
        tap((answer) => {
          if (E.isLeft(answer) || !answer.right) return
          based(room, answer.right.base)
          write.flush()
        }),
      ),
    head: (room) =>
      engine.head(room).pipe(
        tap((answer) => {
          if (E.isLeft(answer) || !answer.right) return
          based(room, answer.right)
          write.flush()
        }),
      ),
  }
}
