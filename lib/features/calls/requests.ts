import type { Parts } from '../../client/parts.js'
import { ChurningMap } from '../../core/churning-map.js'
import type { WebSocketError } from '../../core/error.js'
import type { Link } from '../../connection/link.js'
import type { Extension } from '../../kernel/extension.js'
import { readReply } from '../../protocol/call-frames.js'
import { askBytes, ASKS, bounds, CALLS, type Reply, type Welcome } from '../../protocol/frame.js'
import { callFailure } from '../../contract/call-failure.js'
import { type Repeats, repeats } from './repeats.js'
import {
  advance,
  type Ask,
  type Caller,
  executed,
  frameOf,
  lateOf,
  lostBy,
  type Pending,
  pendingCall,
  watch,
} from './pending.js'
import { type Input, type Output, step } from './table.js'

/** The calls of a client. Call in a turn. */
export interface CallRequests extends Extension {
  /** Makes a call. The returned function gives it up. */
  readonly ask: (what: Ask, caller: Caller) => () => void
}

/** The most unanswered calls of a client. */
const mostCalls = 10_000

/** Returns the error of a call that this server does not take. */
const misfit = (pending: Pending, { can, limits }: Welcome): WebSocketError | undefined => {
  const { ask } = pending
  const isAsk = ask.until !== undefined
  const limit = isAsk ? askBytes : limits.messageBytes - bounds.envelopeBytes
  if (!can.includes(isAsk ? ASKS : CALLS))
    return callFailure('call/unsupported', ask, executed(pending), {}, 'terminal')
  return ask.bytes > limit ? callFailure('call/too-large', ask, 'no', { limit }, 'terminal') : undefined
}

/** Members are asked by a member. */
const mayWrite = ({ interest }: Parts['rooms'], { ask: { until, room = '' } }: Pending): boolean =>
  until === undefined || interest.known(room)?.have === 'In'

/** The calls of a client, by what they wait for. */
interface Queues {
  readonly waiting: Set<Pending>
  readonly asked: Pick<Map<number, Pending>, 'delete'>
  readonly cancelled: Set<string>
  readonly repeating: Pick<Repeats, 'add'>
}

type Actions = Readonly<Record<Output, (pending: Pending, settle: () => void) => void>>

const actions = ({ waiting, asked, cancelled, repeating }: Queues): Actions => ({
  Queue: repeating.add,
  Withdraw: (pending) => waiting.delete(pending),
  Retire: ({ ch }) => asked.delete(ch),
  Cancel: ({ ask: { id } }) => {
    if (cancelled.size < mostCalls) cancelled.add(id)
  },
  Settle: (_, settle) => {
    settle()
  },
})

export const callRequests = ({ kernel, rooms }: Parts): CallRequests => {
  const { deadlines, present, diagnostics, retries } = kernel
  const all = new Set<Pending>()
  /** The calls to write now. */
  const waiting = new Set<Pending>()
  const repeating = repeats(retries, waiting)
  const asked = new ChurningMap<number, Pending>()
  /** The ids of calls to cancel on the next link. */
  const cancelled = new Set<string>()
  let halted: WebSocketError | undefined

  const acts = actions({ waiting, asked, cancelled, repeating })
  const feed = (pending: Pending, input: Input, settle: () => void = nothing): void => {
    const [stage, outputs] = step(pending.stage, input)
    // The outputs see the stage before: it tells what may have run.
    for (const output of outputs) acts[output](pending, settle)
    pending.stage = stage
    if (stage !== 'Over') return
    all.delete(pending)
    pending.deadline?.cancel()
    repeating.forget(pending)
  }
  /** Ends a call without an answer of the server. */
  const fail = (pending: Pending, because: WebSocketError): void => {
    feed(pending, 'Failed', () => {
      pending.caller.failed(because)
    })
  }
  const write = (pending: Pending, link: Link, welcome: Welcome): void => {
    waiting.delete(pending)
    const because = misfit(pending, welcome)
    if (because) fail(pending, because)
    else {
      pending.ch = rooms.joins.allot()
      asked.set(pending.ch, pending)
      link.control(frameOf(pending, deadlines.now()))
      if (pending.stage === 'Waiting') pending.commands = welcome.commands
      feed(pending, 'Written')
    }
  }
  const reply = (frame: Reply): void => {
    const { ch, n, is } = frame
    const pending = asked.get(ch)
    const isStream = pending?.ask.kind === 'stream'
    // Answers of members are followed by others.
    if (pending && frame.from) pending.caller.reply(frame)
    else if (!pending || (isStream && n <= pending.after)) diagnostics.counters.stale++
    else if (isStream && (is === 'value' || is === 'gap')) {
      const credit = advance(pending, n, deadlines.now())
      if (credit) present.write(credit)
      repeating.answered(pending)
      pending.caller.reply(frame)
    } else {
      repeating.answered(pending)
      feed(pending, 'Answered', () => {
        pending.caller.reply(frame)
      })
    }
  }
  const stop = (because: WebSocketError): void => {
    halted = because
    for (const pending of [...all]) fail(pending, lostBy(pending, because))
  }

  return {
    readers: { reply: readReply },
    frames: {
      reply,
      left: (frame) => {
        const pending = asked.get(frame.ch)
        if (pending)
          feed(pending, 'Answered', () => {
            pending.caller.refused(frame)
          })
      },
    },
    ask: (ask, caller) => {
      const pending = pendingCall(ask, caller, deadlines.now())
      if (halted) caller.failed(halted)
      else if (all.size >= mostCalls) caller.failed(callFailure('call/busy', ask, 'no', { most: mostCalls }))
      else {
        all.add(pending)
        waiting.add(pending)
        watch(pending, deadlines, () => {
          fail(pending, lateOf(pending))
        })
        kernel.send({ _tag: 'Need' })
      }
      return () => {
        feed(pending, 'GivenUp')
      }
    },
    up: repeating.up,
    write: (link) => {
      const welcome = present.welcome()
      if (!welcome) return
      for (const id of cancelled) link.control({ t: 'cancel', id })
      cancelled.clear()
      for (const pending of [...waiting]) if (mayWrite(rooms, pending)) write(pending, link, welcome)
    },
    down: () => {
      repeating.down()
      for (const pending of [...asked.values()])
        if (pending.ask.until === undefined) feed(pending, 'LinkLost')
        // The server gives it up with the link.
        else
          feed(pending, 'Answered', () => {
            pending.caller.failed(callFailure('call/lost', pending.ask, executed(pending)))
          })
      return false
    },
    halt: (because) => {
      if (because) stop(because)
      else halted = undefined
    },
    close: stop,
  }
}

const nothing = (): void => undefined
