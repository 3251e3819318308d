import { Observable, type Subject } from 'rxjs'
import type { Deadlines } from '../core/deadlines.js'
import type { WebSocketError } from '../core/error.js'
import { type Report, stream } from '../core/stream.js'
import type { Turns } from '../kernel/turns.js'
import { observer } from '../store/calls.js'
import type { Member } from './member.js'
import type { Members } from './members.js'
import type { PoolRooms } from './rooms.js'

/** The parts of a pool. */
export interface PoolParts {
  readonly turns: Turns
  readonly deadlines: Deadlines
  readonly threw: Report
  readonly members: Members
  /** Emits when there are other members. */
  readonly changed$: Subject<void>
  readonly rooms: PoolRooms
  /** The error of a pool that is closed, or was made with an invalid size. */
  readonly over: () => WebSocketError | undefined
  /** Emits when all members have ended. */
  readonly ended$: Subject<void>
  /** Called after each turn of a member. */
  readonly watches: Set<() => void>
}

/** Merges a stream of each member, also of later ones. Completes when the pool has ended. */
export const merged = <T>(
  { members, changed$, threw, ended$ }: Pick<PoolParts, 'members' | 'changed$' | 'threw' | 'ended$'>,
  of: (member: Member) => Observable<T>,
): Observable<T> =>
  stream(
    threw,
    new Observable<T>((to) => {
      const known = new WeakSet<Member>()
      const add = (): void => {
        for (const each of members.all()) {
          if (known.has(each)) continue
          known.add(each)
          to.add(
            of(each).subscribe(
              observer((value) => {
                to.next(value)
              }),
            ),
          )
        }
      }
      add()
      to.add(changed$.subscribe(observer(add)))
      to.add(
        ended$.subscribe(
          observer(() => {
            to.complete()
          }),
        ),
      )
    }),
  )
