import { type Observable, type Subscriber, Subscription } from 'rxjs'
import * as E from '#fp/Either'
import type { OnOptions } from '../client/room.js'
import type { Start } from '../client/strategy.js'
import { guard } from '../core/guard.js'
import type { Position } from '../core/position.js'
import type { Result } from '../core/result.js'
import { unhandled } from '../core/stream.js'
import { after } from '../features/history/index.js'
import type { Message } from '../rooms/message.js'
import type { Member } from './member.js'

/** A stream of a room that goes on at another member when the room moves. */
export interface Follower {
  readonly room: string
  /** It begins with earlier messages, or commits. */
  readonly hasStart: boolean
  readonly begin: (at: Member) => void
  /** Goes on at another member: messages after a position, which the member before has offered. */
  readonly goOn: (at: Member, position: Position | undefined) => void
}

type Incoming = Result<Message<unknown>>

/** Follows the messages of a room. `source` subscribes at a member. */
export const messageFollower = (
  room: string,
  to: Subscriber<Incoming>,
  options: OnOptions | undefined,
  source: (at: Member, options: OnOptions | undefined) => Observable<Incoming>,
): Follower => {
  const start = options?.from === 'live' ? undefined : options?.from
  const before: Member[] = []
  let [inner, current]: [Subscription, Member | undefined] = [Subscription.EMPTY, undefined]
  /** The last offered position. A policy may hold later messages. */
  let last: Position | undefined

  /** Messages that another member sent before are own ones too. */
  const owned = (result: Incoming): Incoming =>
    E.isRight(result) && !result.right.own && before.some(({ parts }) => parts.rooms.own(result.right.from.session))
      ? E.right({ ...result.right, own: true })
      : result
  const subscribe = (at: Member, how: OnOptions | undefined): void => {
    current = at
    inner = source(at, how).subscribe({
      next: (result) => {
        if (E.isRight(result)) last = result.right.position
        to.next(before.length > 0 ? owned(result) : result)
      },
      error: unhandled,
      complete: () => {
        if (current === at) to.complete()
      },
    })
  }
  to.add(() => {
    inner.unsubscribe()
  })
  const hasPolicy = options?.policy !== undefined && options.policy !== 'all'

  return {
    room,
    hasStart: start !== undefined,
    begin: (at) => {
      subscribe(at, options)
    },
    goOn: (at, position) => {
      const from = hasPolicy ? (last ?? position) : position
      if (current && !before.includes(current)) before.push(current)
      inner.unsubscribe()
      subscribe(at, from ? { ...options, from: goingOn(start, from) } : options)
    },
  }
}

const goingOn = (start: Start | undefined, from: Position): Start => start?.goOn?.(from) ?? after(from)

/** Follows a stream that keeps nothing, such as signals. */
export const plainFollower = <T>(room: string, to: Subscriber<T>, source: (at: Member) => Observable<T>): Follower => {
  let [inner, current]: [Subscription, Member | undefined] = [Subscription.EMPTY, undefined]
  const begin = (at: Member): void => {
    inner.unsubscribe()
    current = at
    inner = source(at).subscribe({
      next: (value) => {
        to.next(value)
      },
      error: unhandled,
      complete: () => {
        if (current === at) to.complete()
      },
    })
  }
  to.add(() => {
    inner.unsubscribe()
  })
  return { room, hasStart: false, begin, goOn: begin }
}

/**
 * Follows a stream of states: at another member it shows the last state until that member has one, and leaves out one that
 * is the same.
 */
export const stateFollower = <T>(room: string, to: Subscriber<T>, source: (at: Member) => Observable<T>): Follower => {
  let [inner, current]: [Subscription, Member | undefined] = [Subscription.EMPTY, undefined]
  let shown: T | undefined

  const follow = (at: Member, old: Subscription): void => {
    const own = new Subscription()
    let isFirst = old !== Subscription.EMPTY
    current = at
    inner = own
    own.add(old)
    own.add(
      source(at).subscribe({
        next: (state) => {
          const isSame = isFirst && isEqual(state, shown)
          isFirst = false
          old.unsubscribe()
          shown = state
          if (!isSame) to.next(state)
        },
        error: unhandled,
        complete: () => {
          if (current === at) to.complete()
        },
      }),
    )
  }
  to.add(() => {
    inner.unsubscribe()
  })
  return {
    room,
    hasStart: false,
    begin: (at) => {
      follow(at, Subscription.EMPTY)
    },
    goOn: (at) => {
      follow(at, inner)
    },
  }
}

/** True for two plain values with the same content. */
const isEqual = (a: unknown, b: unknown): boolean =>
  E.getOrElse(() => false)(guard(() => JSON.stringify(a) === JSON.stringify(b)))
