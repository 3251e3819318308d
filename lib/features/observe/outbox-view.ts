import { distinctUntilChanged, map, Observable } from 'rxjs'
import type { Client } from '../../client/client.js'
import type { Parts } from '../../client/parts.js'
import { partsOf } from '../../client/port.js'
import { cell } from '../../core/cell.js'
import { frozen } from '../../core/frozen.js'
import { stream } from '../../core/stream.js'
import type { Extension } from '../../kernel/extension.js'
import { type Message, older } from '../../outbox/message.js'
import { unescaped } from '../../protocol/payload.js'

/** The stage of a message without a result: waiting; waiting and stored; written and unanswered. */
export type Stage = 'queued' | 'stored' | 'inFlight'

/** A message without a result: enough to draw it, with a tick beside it. */
export interface Pending {
  /** The id in the receipt, and in the echoed message. */
  readonly id: string
  readonly room: string
  readonly event: string
  /** The payload as JSON carries it: what the contract encodes the posted value to. Read on first use. */
  readonly data: unknown
  readonly stage: Stage
  /** The number of writes. */
  readonly attempts: number
  /**
   * The time at which it was given, in ms on the scheduler's monotonic clock (by default `performance.now()`), not on
   * the wall clock.
   */
  readonly since: number
  readonly bytes: number
}

/** The contents of an outbox, oldest first: messages of an earlier run, and as many more as the bounds of the outbox allow. */
export interface OutboxState {
  /** An unchanged message keeps its object. */
  readonly entries: readonly Pending[]
  /** The number of messages not in flight. */
  readonly queued: number
  readonly inFlight: number
  readonly bytes: number
}

/** The member that the feature `outbox` adds to a client. */
export interface OutboxView {
  /**
   * The messages without a result yet, oldest first, each with its status: enough to draw ticks beside it. Emits at
   * once and after each turn that changed something; costs nothing without subscribers.
   */
  readonly outbox$: Observable<OutboxState>
}

/** Adds `outbox$` to a client: the messages that wait for their receipts. */
export const outbox = (client: Client): OutboxView => {
  const { kernel, get } = partsOf(client)
  return { outbox$: stream(kernel.diagnostics.threw, get(view).changes$) }
}

/** The view of an outbox. */
interface View extends Extension {
  /** The messages held, at once and then after each turn that changed them. */
  readonly changes$: Observable<OutboxState>
}

/** Makes the view. It costs nothing without subscribers. */
const view = ({ kernel, outbox: box, over }: Parts): View => {
  const { turns } = kernel
  const seen = new WeakMap<Message, Pending>()
  let present: OutboxState = { entries: [], queued: 0, inFlight: 0, bytes: 0 }
  const state = cell(present, turns)
  if (over()) state.complete()
  let watchers = 0

  const show = (message: Message): Pending => {
    const before = seen.get(message)
    const stage = stageOf(message)
    if (before?.stage === stage && before.attempts === message.attempts) return before
    const pending = pendingOf(message, stage)
    seen.set(message, pending)
    return pending
  }
  /** The current contents, perhaps in the middle of a turn; the same object while nothing changes. */
  const look = (): OutboxState => {
    const entries = Object.freeze([...box.held()].sort(older).map(show))
    const before = present.entries
    if (entries.length === before.length && entries.every((entry, at) => entry === before[at])) return present
    const inFlight = entries.filter(({ stage }) => stage === 'inFlight').length
    const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0)
    present = Object.freeze({ entries, queued: entries.length - inFlight, inFlight, bytes })
    return present
  }
  const refresh = (): void => {
    state.set(look())
  }
  /** A subscriber in the middle of a turn gets the contents at that moment; the others get an update at its end. */
  const fromNow$ = state.changes$.pipe(
    map((committed, index) => (index === 0 ? look() : committed)),
    distinctUntilChanged(),
  )
  return {
    changes$: new Observable((to) => {
      watchers++
      if (!turns.busy()) turns.enter(refresh)
      to.add(fromNow$.subscribe(to))
      return () => {
        watchers--
      }
    }),
    flush: () => {
      if (watchers > 0) refresh()
    },
    close: () => {
      refresh()
      state.complete()
    },
  }
}

const stageOf = ({ state: { _tag }, kept }: Message): Stage =>
  _tag === 'InFlight' ? 'inFlight' : kept?.isStored ? 'stored' : 'queued'

const pendingOf = ({ id, room, event, text, attempts, since, bytes }: Message, stage: Stage): Pending => {
  let read: { readonly data: unknown } | undefined
  const data = (): unknown => {
    read ??= { data: frozen(unescaped(JSON.parse(text))) }
    return read.data
  }
  return Object.freeze({
    id,
    room,
    event,
    get data() {
      return data()
    },
    stage,
    attempts,
    since,
    bytes,
  })
}
