import { isObservable, type Observable } from 'rxjs'
import * as E from '#fp/Either'
import { start } from '../client/action.js'
import type { Room } from '../client/room.js'
import type { AnyContract } from '../contract/contract.js'
import { dispose } from '../core/disposable.js'
import { isObject } from '../core/shape.js'
import { Stream } from '../core/stream.js'
import { closedByUser, type Kernel } from '../kernel/kernel.js'
import { observer } from '../store/calls.js'

/** The parts of one owner that its handles work with. */
export interface OwnedNeeds {
  readonly kernel: Kernel
  /** Emits when the owner has closed its client, also to later subscribers. */
  readonly end$: Observable<void>
  readonly hasEnded: () => boolean
  /** Calls back when the owner closes its client; returns a function that takes it back. */
  readonly atEnd: (then: () => void) => () => void
}

type Feature = (handle: object) => object
type Call = (...given: readonly unknown[]) => unknown

/** The functions of handles that return streams; any other function acts at once. */
const streaming: ReadonlySet<string> = new Set(['on', 'messages', 'signals', 'answer', 'call', 'ask'])
/** Those of which each subscription has an answer. */
const answering: ReadonlySet<string> = new Set(['call', 'ask'])

/** Makes the handle of an owner: its streams end when the owner closes its client, and its actions are refused from then on. */
export const owned = (needs: OwnedNeeds, real: object): object => {
  const { kernel, end$, hasEnded } = needs

  /** A stream until the end; `last` emits what follows. */
  const until = (source: () => Observable<unknown>, last: (wasOpen: boolean) => unknown): Observable<unknown> =>
    new Stream(kernel.diagnostics.threw, (to) => {
      const wasOpen = !hasEnded()
      if (wasOpen) to.add(source().subscribe(to))
      to.add(
        end$.subscribe(
          observer(() => {
            const said = last(wasOpen)
            if (said !== undefined) to.next(said)
            to.complete()
          }),
        ),
      )
    })
  const refused = (name: string, given: readonly unknown[]): unknown => {
    const result$ = start(kernel, undefined, {
      begin: (settle) => {
        settle(E.left(closedByUser))
      },
    })
    if (name !== 'send' && name !== 'post') return result$
    const [, , options] = given
    const { id = kernel.config.ids() } = (options ?? {}) as { readonly id?: string }
    return Object.assign(result$, { id })
  }
  const called = (name: string, call: Call): Call =>
    streaming.has(name)
      ? (...given) =>
          until(
            () => call(...given) as Observable<unknown>,
            (wasOpen) => (wasOpen && !answering.has(name) ? undefined : E.left(closedByUser)),
          )
      : (...given) => (hasEnded() && name !== 'view' ? refused(name, given) : call(...given))
  const shown = (value: unknown, name: string): unknown => {
    if (typeof value === 'function') return called(name, value as Call)
    if (isObservable(value))
      return until(
        () => value,
        () => (name === 'membership$' ? { _tag: 'Refused', error: closedByUser } : undefined),
      )
    return isObject(value) && !Array.isArray(value) ? members(value) : value
  }
  const members = (of: object): object =>
    Object.freeze(
      Object.fromEntries(
        Object.entries(of).flatMap(([name, value]) => (name === 'with' ? [] : [[name, shown(value, name)]])),
      ),
    )
  return members(real)
}

/** Makes the handle of an owner on a room: it gives its hold back when the owner closes its client. */
export const ownedRoom = (
  needs: OwnedNeeds,
  room: Room<AnyContract>,
  hold: Hold = holding(needs, room),
  features: readonly Feature[] = [],
): object => {
  const real = features.reduce<object>((so, feature) => Object.freeze({ ...so, ...feature(so) }), room)
  return Object.freeze({
    ...owned(needs, { ...real, ...hold }),
    with: (...more: readonly Feature[]) => ownedRoom(needs, room, hold, [...features, ...more]),
    [dispose]: () => {
      void hold.leave()
    },
  })
}

type Hold = Pick<Room<AnyContract>, 'join' | 'leave'>

const holding = ({ atEnd }: OwnedNeeds, room: Room<AnyContract>): Hold => {
  let release: (() => void) | undefined
  const letGo = (): void => {
    release?.()
    release = undefined
  }
  return {
    join: (options) => {
      release ??= atEnd(() => {
        void room.leave()
      })
      return room.join(options)
    },
    leave: (options) => {
      letGo()
      return room.leave(options)
    },
  }
}
