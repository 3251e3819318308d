import { AsyncSubject, map, type Observable, Subject } from 'rxjs'
import type { Client } from '../client/client.js'
import type { ConnectOptions } from '../client/connecting.js'
import type { CloseOptions, CloseReport } from '../client/draining.js'
import type { Undelivered } from '../client/outgoing.js'
import type { Room } from '../client/room.js'
import type { ConnectionState } from '../connection/model.js'
import type { AnyContract } from '../contract/contract.js'
import { cell } from '../core/cell.js'
import { deadlines as deadlinesOn } from '../core/deadlines.js'
import { type AsyncUsing, disposing } from '../core/disposable.js'
import type { WebSocketError } from '../core/error.js'
import type { ResultStream } from '../core/result.js'
import { stream, unhandled } from '../core/stream.js'
import type { WaitOptions } from '../core/wait.js'
import type { Fault } from '../kernel/fault.js'
import { closedByUser } from '../kernel/kernel.js'
import { turns as turnsOn } from '../kernel/turns.js'
import { observer } from '../store/calls.js'
import type { Member } from './member.js'
import { poolMembers } from './members.js'
import { type Handle, mirror } from './mirror.js'
import { type PoolOptions, sizeFault } from './options.js'
import { merged, type PoolParts } from './parts.js'
import { type Resizing, resizes } from './resizing.js'
import { poolRooms } from './rooms.js'
import { isSameState, type PoolState, poolState } from './state.js'
import { together } from './together.js'

/** A fault of a member of a pool. */
export type PoolFault = Fault & { readonly member: number }

/** Options of a room of a pool. */
export interface PoolRoomOptions {
  /**
   * The name of the room at whose member this handle acts, in place of its own. So what it posts is stored in one step with
   * a commit of that room. Default: the room's own name.
   */
  readonly beside?: string | undefined
}

/** A client of clients: each room is at one of them. No stream errors; results are Either values. */
export interface Pool extends AsyncUsing {
  /** The state of the pool at once, then each change. Completes when the pool is closed. */
  readonly state$: Observable<PoolState>
  /** The faults of all members. */
  readonly faults$: Observable<PoolFault>
  /** Posted messages that were not delivered, of all members. */
  readonly undelivered$: Observable<Undelivered>
  /**
   * Makes a handle on a room, which acts at the member where the room is, and goes along when it moves. Free: no traffic
   * before somebody holds the room. Add features with `with`.
   */
  readonly room: <C extends AnyContract>(name: string, contract: C, options?: PoolRoomOptions) => Room<C>
  /** Connects all members, at the call. Answers once: `Right` when all are online, or the first `Left`. */
  readonly connect: (options?: Omit<ConnectOptions, 'room'>) => ResultStream<void>
  /** Ends all connections, at the call, until `connect()`. Keeps rooms and waiting messages. */
  readonly disconnect: (options?: WaitOptions) => ResultStream<void>
  /**
   * Changes the number of members, at the call. Emits the progress at once and after each change, and completes once it is
   * done; `Left` for an invalid size and for a closed pool. Rooms that change their member move as soon as nothing of them
   * is under way; the others stay. Offline they wait. A later call changes the goal of this one too.
   */
  readonly resize: (size: number) => ResultStream<Resizing>
  /**
   * Waits, at most `drainMs` (default 5 s), until each sent or posted message has its receipt and each message that was
   * offered for a commit is committed. Answers once, with the rest. The pool stays open.
   */
  readonly drain: (options?: CloseOptions) => ResultStream<CloseReport>
  /** Closes all members as `client.close` does, at the call. Answers once, with the rest of all together. */
  readonly close: (options?: CloseOptions) => ResultStream<CloseReport>
  /** The clients now, for features of a client such as `metrics`. */
  readonly clients: () => readonly Client[]
}

/**
 * Makes a pool of clients, each with a connection of its own, for more rooms than one connection can serve. Nothing
 * connects before the first need. Never throws: an invalid size gives a pool that is `Closed` with a `ConfigError`; invalid
 * options of one member close that member alone.
 */
export const createPool = (options: PoolOptions): Pool => {
  const members = poolMembers(options)
  const { kernel } = members.first.parts
  const { threw } = kernel.diagnostics
  const turns = turnsOn(kernel.config.scheduler, () => undefined, unhandled)
  const deadlines = deadlinesOn(kernel.config.scheduler, turns.enter)
  const changed$ = new Subject<void>()
  const states = new WeakMap<Member, ConnectionState>()
  const composed = (): PoolState =>
    poolState(
      members.all().map((each) => states.get(each) ?? each.parts.kernel.state.value()),
      members.size(),
    )
  const state = cell(composed(), turns)
  const ended$ = new AsyncSubject<void>()
  const watches = new Set<() => void>()
  let because: WebSocketError | undefined = sizeFault(options.size)
  const over = (): WebSocketError | undefined => because

  const resizing = resizes({ turns, members, threw, over, ended$, rooms: () => rooms })
  const rooms = poolRooms({
    turns,
    deadlines,
    members: members.all,
    home: members.home,
    over,
    moved: resizing.moved,
    looked: () => {
      members.retire((of) => rooms.heldBy(of) > 0)
      resizing.show()
    },
  })
  const parts: PoolParts = { turns, deadlines, threw, members, changed$, rooms, over, ended$, watches }
  const show = (): void => {
    const next = composed()
    if (!isSameState(next, state.value())) state.set(next)
  }
  members.report({
    turned: () => {
      if (!resizing.progress.value().isDone) rooms.look()
      for (const look of watches) turns.enter(look)
    },
    changed: () => {
      turns.enter(() => {
        changed$.next()
        show()
        rooms.look()
      })
    },
  })
  const shown = merged(parts, (each) =>
    each.parts.kernel.state.changes$.pipe(map((now) => [each, now] as const)),
  ).subscribe(
    observer(([each, now]) => {
      turns.enter(() => {
        states.set(each, now)
        show()
      })
    }),
  )
  const { close, ...calls } = together(parts, kernel, {
    end: () => {
      because ??= closedByUser
    },
    ended: () => {
      turns.enter(() => {
        show()
        shown.unsubscribe()
        ended$.next()
        ended$.complete()
        for (const each of [state, resizing.progress]) each.complete()
        deadlines.clear()
        turns.stop()
      })
    },
  })
  return Object.freeze({
    state$: stream(threw, state.changes$),
    faults$: merged(parts, ({ index, client }) => client.faults$.pipe(map((what) => ({ ...what, member: index })))),
    undelivered$: merged(parts, ({ client }) => client.undelivered$),
    room: <C extends AnyContract>(name: string, contract: C, { beside }: PoolRoomOptions = {}): Room<C> =>
      mirror(
        { rooms, whenReady: members.whenReady, isReady: members.isReady, threw, ids: kernel.config.ids },
        { room: name, key: beside ?? name, handle: handles((at) => at.client.room(name, contract)) },
      ) as Room<C>,
    resize: resizing.resize,
    clients: () => members.all().map(({ client }) => client),
    ...calls,
    close,
    ...disposing(() => close()),
  })
}

/** One handle for each member: a handle has one hold. */
const handles = (make: (at: Member) => Handle): ((at: Member) => Handle) => {
  const made = new Map<Member, Handle>()
  return (at) => {
    const known = made.get(at) ?? make(at)
    made.set(at, known)
    return known
  }
}
