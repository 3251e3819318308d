import { AsyncSubject, from, isObservable, type Observable } from 'rxjs'
import * as E from '#fp/Either'
import type { JoinOptions, OnOptions, Room } from '../client/room.js'
import type { AnyContract } from '../contract/contract.js'
import { dispose } from '../core/disposable.js'
import { hasMethods, isObject } from '../core/shape.js'
import type { Result, ResultStream } from '../core/result.js'
import { Stream } from '../core/stream.js'
import { type Follower, messageFollower, plainFollower, stateFollower } from './followers.js'
import type { Member } from './member.js'
import type { Resident, WaitsFor } from './place.js'
import type { PoolRooms } from './rooms.js'

/** The parts of a pool that its handles work with. */
export interface MirrorNeeds {
  readonly rooms: PoolRooms
  /** Calls back once the members know what an earlier run stored: at once from then on. */
  readonly whenReady: (then: () => void) => void
  readonly isReady: () => boolean
  readonly threw: (thrown: unknown) => boolean
  readonly ids: () => string
}

/** The place of a handle: its room, and the key that decides on its member. */
export interface MirrorAt {
  readonly room: string
  readonly key: string
  /** The handle at a member, with the one hold of this handle there. */
  readonly handle: (at: Member) => Handle
}

/** The members of a handle that hold its room. */
export type Handle = Pick<Room<AnyContract>, 'join' | 'leave'>

type Feature = (handle: object) => object
type Call = (...given: readonly unknown[]) => unknown

/** The wait of a room for each action; an action that is not listed counts as a call. */
const waits: Readonly<Record<string, WaitsFor>> = { send: 'posts', post: 'posts', commit: 'commits', join: 'joins' }

/** The value at a path of members. */
const valueAt = (of: object, path: readonly string[]): unknown =>
  path.reduce<unknown>((at, name) => (at as Readonly<Record<string, unknown>>)[name], of)

/**
 * Makes a handle of a pool: it has the members of a client's handle, with features, and each acts at the member where the
 * room is. Streams go on at another member when the room moves there.
 */
export const mirror = (
  needs: MirrorNeeds,
  at: MirrorAt,
  hold: Hold = holding(needs, at),
  features: readonly Feature[] = [],
): object => {
  const made = new Map<Member, object>()
  /** The handle of the room with its features at a member. */
  const real = (of: Member): object => {
    const handle = at.handle(of)
    const known =
      made.get(of) ?? features.reduce<object>((so, feature) => Object.freeze({ ...so, ...feature(so) }), handle)
    made.set(of, known)
    return known
  }
  const streams = streamsOf(needs, at)
  const actions = actionsOf(needs, at)
  const kept = new Map<string, Resident>()

  const forget = (name: string): void => {
    const known = kept.get(name)
    if (known) needs.rooms.unsettle(at.key, known)
    kept.delete(name)
  }
  /** Keeps a setting of this handle, which goes along with the room. */
  const keep = (name: string, arrive: (of: Member) => unknown, depart: (of: Member) => void): void => {
    forget(name)
    const resident: Resident = { room: at.room, isHold: false, arrive: (of) => void arrive(of), depart }
    kept.set(name, resident)
    needs.rooms.settle(at.key, resident)
  }
  const called = (path: readonly string[]): Call => {
    const call = (of: Member, given: readonly unknown[]): unknown => (valueAt(real(of), path) as Call)(...given)
    const name = path.at(-1) ?? ''
    switch (path.join('.')) {
      case 'on':
        return (event, options) => streams.messages(optionsOf(options), (of, how) => call(of, [event, how]))
      case 'messages':
        return (options) => streams.messages(optionsOf(options), (of, how) => call(of, [how]))
      case 'signals':
        return (...given) => streams.plain((of) => call(of, given))
      case 'answer':
        return (event, handler) => streams.states((of) => call(of, [event, actions.watched(handler)]))
      case 'call':
      case 'ask':
        return (...given) => actions.begin((of) => call(of, given))
      case 'join':
        return (options) => {
          hold.take(options)
          return actions.act('joins', (of) => call(of, [options]), hold.answered)
        }
      case 'leave':
        return (...given) => {
          hold.release()
          return actions.act('joins', (of) => call(of, given))
        }
      case 'send':
      case 'post':
        return (...given) => actions.send(given, (of, all) => call(of, all))
      case 'me.set':
        return (...given) => {
          let shown: unknown
          keep(
            'me',
            (of) => {
              shown = call(of, given)
            },
            (from) => {
              // Others see the state all the time: it is shown at the next member first.
              afterIt(shown, () => {
                if (needs.rooms.at(at.key) !== from) (valueAt(real(from), ['me', 'clear']) as Call)()
              })
            },
          )
          return actions.act('calls', (of) => call(of, given))
        }
      case 'me.clear':
        return (...given) => {
          forget('me')
          return actions.act('calls', (of) => call(of, given))
        }
      case 'view':
        return (...given) => {
          keep(
            'view',
            (of) => call(of, given),
            () => undefined,
          )
          return call(needs.rooms.at(at.key), given)
        }
      default:
        return (...given) => actions.act(waits[name] ?? 'calls', (of) => call(of, given))
    }
  }
  const shown = (value: unknown, path: readonly string[]): unknown => {
    if (typeof value === 'function') return called(path)
    if (isObservable(value)) return streams.states((of) => valueAt(real(of), path))
    if (isObject(value) && !Array.isArray(value)) return members(value, path)
    return value
  }
  const members = (of: object, path: readonly string[]): object =>
    Object.freeze(Object.fromEntries(Object.entries(of).map(([name, value]) => [name, shown(value, [...path, name])])))

  return Object.freeze({
    ...members(real(needs.rooms.at(at.key)), []),
    with: (...more: readonly Feature[]) => mirror(needs, at, hold, [...features, ...more]),
    [dispose]: () => {
      hold.release()
      void actions.act('joins', (of) => at.handle(of).leave())
    },
  })
}

/** The hold of a handle, which goes along with its room. */
interface Hold {
  readonly take: (options: unknown) => void
  readonly answered: (result: Result<unknown>) => void
  readonly release: () => void
}

const holding = ({ rooms }: MirrorNeeds, { key, room, handle }: MirrorAt): Hold => {
  let held: Resident | undefined
  const release = (): void => {
    if (held) rooms.unsettle(key, held)
    held = undefined
  }
  return {
    release,
    take: (options) => {
      const by = isObject(options) ? (options as JoinOptions).by : undefined
      release()
      held = {
        room,
        isHold: true,
        by,
        arrive: (at) => void handle(at).join({ by }),
        depart: (from) => void handle(from).leave(),
      }
      rooms.settle(key, held)
    },
    answered: (result) => {
      // Only an aborted join gives its hold back.
      if (E.isLeft(result) && result.left.code === 'room/aborted') release()
    },
  }
}

/** The streams of a handle. */
const streamsOf = ({ rooms, whenReady, threw }: MirrorNeeds, { key, room }: MirrorAt) => {
  const followed = <T>(make: (to: Parameters<typeof plainFollower<T>>[1]) => Follower): Observable<T> =>
    new Stream<T>(threw, (to) => {
      whenReady(() => {
        if (to.closed) return
        const follower = make(to)
        to.add(() => {
          rooms.end(key, follower)
        })
        rooms.begin(key, follower)
      })
    })
  return {
    messages: (options: OnOptions | undefined, source: (at: Member, options: unknown) => unknown) =>
      followed<never>((to) => messageFollower(room, to, options, (at, how) => source(at, how) as Observable<never>)),
    plain: (source: (at: Member) => unknown) =>
      followed((to) => plainFollower(room, to, (at) => source(at) as Observable<unknown>)),
    states: (source: (at: Member) => unknown) =>
      followed((to) => stateFollower(room, to, (at) => source(at) as Observable<unknown>)),
  }
}

/** The options of a subscription: its room checks them. */
const optionsOf = (given: unknown): OnOptions | undefined => given ?? undefined

/** Calls `then` once an action is answered. */
const afterIt = (action: unknown, then: () => void): void => {
  if (isObservable(action)) action.subscribe({ error: unheard, complete: then })
}

const unheard = (): void => undefined

/** The actions of a handle: a room does not move before they are over. */
const actionsOf = ({ rooms, whenReady, isReady, threw, ids }: MirrorNeeds, { key }: MirrorAt) => {
  const now = (
    waitsFor: WaitsFor,
    call: (at: Member) => unknown,
    answered?: (result: Result<unknown>) => void,
  ): unknown => {
    const { at, done } = rooms.act(key, waitsFor)
    const result = call(at)
    if (isObservable(result))
      (result as ResultStream<unknown>).subscribe({ next: answered ?? unheard, error: done, complete: done })
    else done()
    return result
  }
  const act = (
    waitsFor: WaitsFor,
    call: (at: Member) => unknown,
    answered?: (result: Result<unknown>) => void,
  ): unknown => {
    if (isReady()) return now(waitsFor, call, answered)
    const result$ = new AsyncSubject<unknown>()
    whenReady(() => (now(waitsFor, call, answered) as Observable<unknown>).subscribe(result$))
    return new Stream(threw, (to) => result$.subscribe(to))
  }
  return {
    act,
    /** Begins a call for each subscription anew. */
    begin: (call: (at: Member) => unknown) =>
      new Stream(threw, (to) => {
        whenReady(() => {
          if (to.closed) return
          const { at, done } = rooms.act(key, 'calls')
          to.add(done)
          to.add((call(at) as Observable<unknown>).subscribe(to))
        })
      }),
    /** Sends a message. Before the members are ready it gets its id here. */
    send: (given: readonly unknown[], call: (at: Member, given: readonly unknown[]) => unknown): unknown => {
      if (isReady()) return now('posts', (at) => call(at, given))
      const [event, data, options] = given
      const id = (isObject(options) ? (options as { readonly id?: string }).id : undefined) ?? ids()
      const named = [event, data, { ...(isObject(options) ? options : {}), id }]
      return Object.assign(act('posts', (at) => call(at, named)) as object, { id })
    },
    /** A handler whose answers are waited for. */
    watched: (handler: unknown): unknown =>
      typeof handler !== 'function'
        ? handler
        : (...given: readonly unknown[]): unknown => {
            const answer: unknown = (handler as Call)(...given)
            if (!isObservable(answer) && !hasMethods(answer, 'then')) return answer
            const { done } = rooms.act(key, 'calls')
            return new Stream(threw, (to) => {
              to.add(done)
              return from(answer as Observable<unknown>).subscribe(to)
            })
          },
  }
}
