import { type Observable, type SchedulerLike, Subscription, timer, map, defer } from 'rxjs'
import * as E from '#fp/Either'
import type { Client } from '../../lib/client/client.js'
import type { WebSocketError } from '../../lib/core/error.js'
import type { Result } from '../../lib/core/result.js'
import { asks, calls } from '../../lib/features/calls/index.js'
import type { CallName } from '../history/call.js'
import type { Write } from '../history/write.js'
import { Panel, Trade } from '../server/trades.js'

/** The calls of one life of a client, to servers and to other members, and those that it answers. */
export interface Trades {
  /** Calls something, gives up a call, or begins or ends to answer. */
  readonly act: (random: () => number) => void
  readonly end: () => void
}

export interface TradesNeeds {
  readonly client: Client
  readonly life: string
  readonly write: Write
  readonly now: () => number
  readonly room: string
  readonly scheduler: SchedulerLike | undefined
}

const withinMs = 3_000
const mostOpen = 20

/** An answer, as the history has it. */
interface Said {
  readonly of: string
  readonly n: number
}

export const trades = ({ client, life, write, now, room, scheduler }: TradesNeeds): Trades => {
  const open = new Map<string, Subscription>()
  const answering = new Map<'order' | 'poll', Subscription>()
  let count = 0

  const told = (id: string, result: Result<Said>, member = ''): void => {
    if (E.isRight(result)) write(['call-answer', now(), id, result.right.of, result.right.n, member])
    else write(['call-error', now(), id, result.left.code, executedOf(result.left), member])
  }
  const make = <T>(id: string, name: CallName, call$: Observable<T>, take: (item: T) => void): void => {
    write(['called', now(), id, name, withinMs])
    const subscription = new Subscription()
    open.set(id, subscription)
    subscription.add(
      call$.subscribe({
        next: take,
        complete: () => {
          open.delete(id)
          write(['call-over', now(), id])
        },
      }),
    )
  }
  const call = (name: 'act' | 'look' | 'count', id: string): void => {
    const of = client.room(room, Trade).with(calls)
    const within = { withinMs, idleMs: withinMs, id }
    const call$: Observable<Result<Said>> =
      name === 'count'
        ? of.call(name, id, within)
        : of.call(name, id, within).pipe(map(E.map((said) => ({ of: said, n: 1 }))))
    make(id, name, call$, (result) => {
      told(id, result)
    })
  }
  const ask = (name: 'order' | 'poll', id: string, random: () => number): void => {
    const until = (['all', 'first', 'quorum', 2] as const)[Math.floor(random() * 4)]
    const asked$ = client.room(room, Panel).with(asks).ask(name, id, { withinMs, until })
    make(id, name, asked$, (item) => {
      if (E.isLeft(item)) told(id, item)
      else {
        const { member, result } = item.right
        told(id, E.isLeft(result) ? E.left(result.left) : E.right({ of: result.right, n: 1 }), member.session)
      }
    })
  }
  /** Answers calls of others, or no longer. */
  const turn = (name: 'order' | 'poll', random: () => number): void => {
    const known = answering.get(name)
    if (known) {
      if (random() < 0.7) return
      known.unsubscribe()
      answering.delete(name)
      return
    }
    const handled$ = client
      .room(room, Panel)
      .with(asks)
      .answer(name, (id) =>
        defer(() => {
          write(['served', now(), id])
          return timer(random() < 0.2 ? withinMs * random() : 5, scheduler).pipe(map(() => E.right(id)))
        }),
      )
    answering.set(name, handled$.subscribe())
  }
  const giveUp = (): void => {
    const [first] = open
    if (!first) return
    first[1].unsubscribe()
    open.delete(first[0])
    write(['call-left', now(), first[0]])
  }
  return {
    act: (random) => {
      // From its first call on it answers those of others, most of the time.
      if (count === 0) for (const name of ['order', 'poll'] as const) turn(name, random)
      const id = `${life}-k${(++count).toString(36)}`
      const draw = random()
      if (draw < 0.1) giveUp()
      else if (draw < 0.25) turn(random() < 0.5 ? 'order' : 'poll', random)
      else if (open.size >= mostOpen) return
      else if (draw < 0.55) call('act', id)
      else if (draw < 0.65) call('look', id)
      else if (draw < 0.72) call('count', id)
      else ask(draw < 0.86 ? 'order' : 'poll', id, random)
    },
    end: () => {
      for (const each of [...open.values(), ...answering.values()]) each.unsubscribe()
    },
  }
}

const executedOf = (error: WebSocketError): string => ('executed' in error ? error.executed : 'no')
