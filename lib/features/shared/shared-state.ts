import * as E from '#fp/Either'
import type { Subscriber } from 'rxjs'
import { start } from '../../client/action.js'
import { heldStream } from '../../client/held-stream.js'
import { payloadText } from '../../client/payload-text.js'
import { portOf, type RoomPort } from '../../client/port.js'
import type { Room } from '../../client/room.js'
import { contract, type AnyContract, type Events } from '../../contract/contract.js'
import { decoderOf, encoderOf, hasEvent, isContract } from '../../contract/event-codec.js'
import type { InputOf, OutputOf } from '../../contract/validator.js'
import { type Checks, count, invalid, whole, yesOrNo } from '../../core/check.js'
import { excerpt, type WebSocketError } from '../../core/error.js'
import { frozen } from '../../core/frozen.js'
import type { Result, ResultStream } from '../../core/result.js'
import { waitChecks, type WaitOptions } from '../../core/wait.js'
import { aborted, roomFailure, unreadable } from '../../rooms/error.js'
import type { Row } from '../../tables/copy.js'
import { tables, type TableWatcher } from '../../tables/tables.js'
import { watcherTo } from '../../tables/watcher.js'
import type { RowOutcome, RowWrite } from '../../tables/writes.js'
import { unescaped } from '../../protocol/payload.js'

/** Options of `set` and `drop`. All are optional. */
export interface SetOptions extends WaitOptions {
  /** Writes only where there is no value. */
  readonly ifNew?: boolean | undefined
  /** Writes only over the value of this version; 0: only where there is none. */
  readonly ifVersion?: number | undefined
  /**
   * The term of a leader, of `rx-rooms/leader`: writes only while the room's present leader has this term; otherwise the
   * answer is `Left` with `room/term`. Default: no condition.
   */
  readonly term?: number | undefined
  /** Time to wait for the answer, in milliseconds, including for a connection. Default: `deadlines.joinMs`, 10 s. */
  readonly withinMs?: number | undefined
}

/** `Written`: with the version of the value, 0 for a dropped one. `Kept`: a condition failed, and this value stays. */
export type SetOutcome<T> =
  | { readonly _tag: 'Written'; readonly version: number }
  | { readonly _tag: 'Kept'; readonly value: T | undefined; readonly version: number }

/** A change of one value. `value` is absent for a dropped one, `cause` for one that was set. */
export interface SharedChange<K extends string = string> {
  readonly key: K
  readonly value?: unknown
  readonly cause?: string
}

/** The state that a room shares. */
export interface SharedState<S extends Events> {
  readonly values: { readonly [K in keyof S]?: OutputOf<S[K]> }
  /** The version of each value, for `ifVersion`. */
  readonly versions: { readonly [K in keyof S]?: number }
  /** The changes since the state before; the first state has all values here. */
  readonly changes: readonly SharedChange<keyof S & string>[]
  /** False while the client is offline: then the state is the last known one. */
  readonly isLive: boolean
}

/** The members that the feature `sharedState` adds to a room. */
export interface Shared<S extends Events> {
  /**
   * The shared state: the known one at once, then each change, in one order for all. Emits first when the server has
   * sent all values. A value that does not decode is a `Left` and missing in the state. Holds the room while
   * subscribed; keeps the last state while offline. Completes when the client closes. Never errors.
   */
  readonly shared$: ResultStream<SharedState<S>>
  /**
   * Sets a value for all, at the call. `Right` with its version, or with the value that stays because a condition
   * failed. `Left` if it was refused, or if the connection was lost before the answer: then look at the state. Waits
   * offline, up to `withinMs`. Needs the permission `publish`, and no join.
   */
  readonly set: <K extends keyof S & string>(
    key: K,
    value: InputOf<S[K]>,
    options?: SetOptions,
  ) => ResultStream<SetOutcome<OutputOf<S[K]>>>
  /** Drops a value for all, at the call. Otherwise like `set`. */
  readonly drop: <K extends keyof S & string>(
    key: K,
    options?: Omit<SetOptions, 'ifNew'>,
  ) => ResultStream<SetOutcome<OutputOf<S[K]>>>
}

/** A handle on a room, with any contract. */
type AnyRoom = Pick<Room<AnyContract>, 'name' | 'membership$'>

const of = 'shared'
const setChecks: Checks<keyof SetOptions> = {
  ...waitChecks,
  ifNew: yesOrNo,
  ifVersion: /*#__PURE__*/ whole(0),
  term: count,
}

/**
 * Makes a feature that adds state which all members of a room see and may set: `room.with(sharedState({ topic: t.string
 * }))`. The validators check values in both directions, as those of a contract do. The server keeps the state with the
 * room's table, also while nobody is in the room. With an argument that is no plain object each use is a `Left`.
 */
export const sharedState =
  <S extends Events>(values: S) =>
  (room: AnyRoom): Shared<S> => {
    const schema = contract({ events: values })
    const port = portOf(room)
    const at: RoomPort = { ...port, fault: port.fault ?? valuesFault(values, schema) }
    return {
      shared$: watch(at, schema),
      set: (key: string, value: unknown, options?: SetOptions | null) => set(at, schema, key, { value }, options),
      drop: (key: string, options?: SetOptions | null) => set(at, schema, key, undefined, options),
    } as unknown as Shared<S>
  }

/** Returns the fault of values that are no record. */
const valuesFault = (values: unknown, schema: AnyContract): WebSocketError | undefined =>
  isContract(schema)
    ? undefined
    : invalid('values', 'value', {
        actual: excerpt(values),
        expected: 'a plain object of validators, such as { topic: t.string }',
      })

/** Writes a value, or drops it without one. */
const set = (
  { parts, name, fault }: RoomPort,
  schema: AnyContract,
  key: string,
  given: { readonly value: unknown } | undefined,
  raw: SetOptions | null | undefined,
): ResultStream<SetOutcome<unknown>> => {
  const { kernel, over } = parts
  const text = given ? payloadText(name, key, given.value, encoderOf(schema, key)) : E.right(undefined)
  const outcome = (written: RowOutcome): SetOutcome<unknown> => {
    if (written._tag === 'Written') return written
    const { row } = written
    const value = row && decoderOf(schema, key)(unescaped(row[2]))
    return { _tag: 'Kept', value: value && E.isRight(value) ? value.right : undefined, version: row?.[1] ?? 0 }
  }
  return start<SetOutcome<unknown>, SetOptions>(kernel, raw, {
    checks: setChecks,
    withinMs: kernel.config.deadlines.joinMs,
    cut: (cause, afterMs) =>
      cause === 'aborted' ? aborted(name) : roomFailure('room/timeout', 'unknown', name, { of: 'set', afterMs }),
    begin: (settle, { ifNew, ifVersion, term }) => {
      const because = over() ?? fault
      if (because || E.isLeft(text)) {
        settle(E.left(because ?? (text as E.Left<WebSocketError>).left))
        return undefined
      }
      const what: RowWrite = {
        room: name,
        of,
        key,
        ...(text.right !== undefined && { value: JSON.parse(text.right) as unknown }),
        ...(ifNew && { ifNew }),
        ...(ifVersion !== undefined && { ifVersion }),
        ...(term !== undefined && { term }),
      }
      return parts.get(tables).put(what, (result) => {
        settle(E.isLeft(result) ? result : E.right(Object.freeze(outcome(result.right))))
      })
    },
  })
}

/** The shared state while subscribed, which holds the room. */
const watch = (at: RoomPort, schema: AnyContract): ResultStream<SharedState<Events>> => {
  const { kernel, get } = at.parts
  return heldStream(at, (room, to) => {
    const all = get(tables)
    const watcher = stateOf(at.name, schema, to, kernel.turns.publish)
    all.watch(room, of, watcher)
    return () => {
      all.unwatch(room, of, watcher)
    }
  })
}

/** Decodes each new row once, and emits the state after each change. */
const stateOf = (
  name: string,
  schema: AnyContract,
  to: Subscriber<Result<SharedState<Events>>>,
  publish: (task: () => void) => void,
): TableWatcher => {
  let values: Readonly<Record<string, unknown>> = {}
  let versions: Readonly<Record<string, number>> = {}

  const take = ({ key, number, value }: Row): Result<SharedChange> => {
    const decoded = decoderOf(schema, key)(unescaped(value))
    const { [key]: _value, ...others } = values
    const { [key]: _version, ...otherVersions } = versions
    values = others
    versions = otherVersions
    if (E.isLeft(decoded)) return E.left(unreadable(name, key, decoded.left))
    values = { ...others, [key]: decoded.right }
    versions = { ...otherVersions, [key]: number }
    return E.right({ key, value: decoded.right })
  }
  const forget = (key: string, cause: string): SharedChange => {
    const { [key]: _value, ...others } = values
    const { [key]: _version, ...otherVersions } = versions
    values = others
    versions = otherVersions
    return { key, cause }
  }
  return watcherTo(to, publish, ({ at }, { puts, drops }, isLive) => {
    if (!at) return []
    // Other programs may keep other values in the room.
    const isOwn = ({ key }: { readonly key: string }): boolean => hasEvent(schema, key)
    const unread: Result<SharedState<Events>>[] = []
    const set = puts.filter(isOwn).flatMap((row) => {
      const taken = take(row)
      if (E.isRight(taken)) return [taken.right]
      unread.push(taken)
      return []
    })
    const changes = [...set, ...drops.filter(isOwn).map(({ key, cause }) => forget(key, cause))]
    return [...unread, E.right(frozen({ values, versions, changes, isLive }))]
  })
}
