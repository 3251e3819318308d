import * as E from '#fp/Either'
import type { Subscriber } from 'rxjs'
import { start } from '../../client/action.js'
import { heldStream } from '../../client/held-stream.js'
import { payloadText } from '../../client/payload-text.js'
import { portOf, type RoomPort } from '../../client/port.js'
import type { Room } from '../../client/room.js'
import { type AnyContract, anything, contract } from '../../contract/contract.js'
import { decoderOf, encoderOf } from '../../contract/event-codec.js'
import type { InputOf, OutputOf, Validator } from '../../contract/validator.js'
import type { Checks } from '../../core/check.js'
import type { Result, ResultStream } from '../../core/result.js'
import { waitChecks, type WaitOptions } from '../../core/wait.js'
import { aborted, roomFailure } from '../../rooms/error.js'
import { tables, type TableWatcher } from '../../tables/tables.js'
import { watcherTo } from '../../tables/watcher.js'
import { announcements } from './announcements.js'
import { type Roster, rosterBuilder } from './roster.js'
import { type MembersView, tableView } from './view.js'

/** Options of `me.set` and `me.clear`. All are optional. */
export interface MeOptions extends WaitOptions {
  /** Time to wait for the server, in milliseconds, including for the room. Default: `deadlines.joinMs`, 10 s. */
  readonly withinMs?: number | undefined
}

/** This client as a member of a room. */
export interface Me<I> {
  /**
   * Sets the state that others see, at the call, and shows this client to them. `Right` when the server has this state or
   * a later one; `Left` if it does not fit, is too large, or the wait ends: the state stays set all the same, and is sent
   * again after each reconnect. States that follow within 100 ms are left out but for the last one. Does not hold the
   * room: while nobody does, the state waits.
   */
  readonly set: (state: I, options?: MeOptions) => ResultStream<void>
  /** Clears the state. Without a subscription to `members$`, others no longer see this client. */
  readonly clear: (options?: MeOptions) => ResultStream<void>
}

/** The members that the feature `presence` adds to a room. */
export interface Presence<O = unknown, I = O> {
  /**
   * The members of the room: the known roster at once, then each change. Emits first when the server has sent a part of
   * it. A state that does not decode is a `Left`, and missing in its member. Holds the room while subscribed, and shows
   * this client to the others; keeps the last roster while offline. Completes when the client closes. Never errors.
   */
  readonly members$: ResultStream<Roster<O>>
  /** Views the members in another way, for all subscribers of this client's room. `Left` if the view is invalid. */
  readonly view: (view: MembersView) => Result<void>
  readonly me: Me<I>
}

/** Options of `presenceOf`. All are optional. */
export interface PresenceOptions<V extends Validator> {
  /** Checks states in both directions. Default: any JSON. */
  readonly state?: V
  /** True watches the room without being seen; `me.set` shows this client all the same. Default false. */
  readonly isHidden?: boolean
}

/** A handle on a room, with any contract. */
type AnyRoom = Pick<Room<AnyContract>, 'name' | 'membership$'>

const of = 'members'
const meChecks: Checks<keyof MeOptions> = waitChecks

/**
 * Makes a feature that adds the members of a room, with states that a validator checks:
 * `room.with(presenceOf({ state: t.type({ typing: t.boolean }) }))`.
 */
export const presenceOf =
  <V extends Validator>(options?: PresenceOptions<V> | null) =>
  (room: AnyRoom): Presence<OutputOf<V>, InputOf<V>> => {
    const { state, isHidden = false } = options ?? {}
    const schema = state ? contract({ events: { state } }) : anything
    return presenceIn(room, schema, isHidden) as Presence<OutputOf<V>, InputOf<V>>
  }

/** Adds the members of a room, with states of any JSON. */
export const presence = (room: AnyRoom): Presence => presenceIn(room, anything, false)

const presenceIn = (room: AnyRoom, schema: AnyContract, isHidden: boolean): Presence => {
  const at = portOf(room)
  return {
    members$: watch(at, schema, isHidden),
    view: (view) => setView(at, view),
    me: {
      set: (value, options) => set(at, schema, { value }, options),
      clear: (options) => set(at, schema, undefined, options),
    },
  }
}

const setView = ({ parts, name, fault }: RoomPort, view: MembersView): Result<void> => {
  const because = parts.over() ?? fault
  if (because) return E.left(because)
  const checked = tableView(view)
  if (E.isLeft(checked)) return checked
  parts.kernel.turns.command(() => {
    parts.get(announcements).setView(name, checked.right)
  })
  return E.right(undefined)
}

const set = (
  { parts, name, fault }: RoomPort,
  schema: AnyContract,
  given: { readonly value: unknown } | undefined,
  raw: MeOptions | null | undefined,
): ResultStream<void> => {
  const { kernel, over } = parts
  const text = given ? payloadText(name, 'state', given.value, encoderOf(schema, 'state')) : E.right(undefined)
  return start(kernel, raw, {
    checks: meChecks,
    withinMs: kernel.config.deadlines.joinMs,
    cut: (cause, afterMs) =>
      cause === 'aborted' ? aborted(name) : roomFailure('room/timeout', 'unknown', name, { of: 'me', afterMs }),
    begin: (settle) => {
      const because = over() ?? fault
      if (because) settle(E.left(because))
      else if (E.isLeft(text)) settle(text)
      else return parts.get(announcements).set(name, text.right, settle)
      return undefined
    },
  })
}

/** The members while subscribed, which holds the room and shows this client. */
const watch = (at: RoomPort, schema: AnyContract, isHidden: boolean): ResultStream<Roster> => {
  const { get } = at.parts
  return heldStream(at, (room, to) => {
    const [own, all] = [get(announcements), get(tables)]
    const watcher = watcherOf(at, schema, to)
    all.watch(room, of, watcher, own.view(room.name))
    if (!isHidden) own.show(room.name)
    return () => {
      if (!isHidden) own.hide(room.name)
      all.unwatch(room, of, watcher)
    }
  })
}

const watcherOf = ({ parts, name }: RoomPort, schema: AnyContract, to: Subscriber<Result<Roster>>): TableWatcher => {
  const { turns, config, session } = parts.kernel
  const builder = rosterBuilder<unknown>({
    room: name,
    decode: decoderOf(schema, 'state'),
    view: () => parts.get(announcements).view(name).view,
    session: () => {
      const state = session.value()
      return state._tag === 'Active' ? state.id : undefined
    },
    wall: config.wall,
  })
  return watcherTo(to, turns.publish, builder.take)
}
