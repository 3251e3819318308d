import type { Parts } from '../../client/parts.js'
import { ChurningMap } from '../../core/churning-map.js'
import type { WebSocketError } from '../../core/error.js'
import type { Link } from '../../connection/link.js'
import type { Extension } from '../../kernel/extension.js'
import { readReply } from '../../protocol/call-frames.js'
import { askBytes, ASKS, bounds, CALLS, type Reply, type Welcome } from '../../protocol/frame.js'
import { isLonger } from '../../protocol/utf8.js'
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
  /** Makes a call. */
  readonly ask: (what: Ask, caller: Caller) => Pending
  /** Gives up a call. Without effect for one that is over. */
  readonly giveUp: (pending: Pending) => void
}

/** The most unanswered calls of a client. */
const mostCalls = 10_000

const busy = (ask: Ask): WebSocketError => callFailure('call/busy', ask, 'no', { most: mostCalls })

/** Returns the error of a call that this server does not take. */
const misfit = (pending: Pending, { can, limits }: Welcome): WebSocketError | undefined => {
  const { ask } = pending
  const isAsk = ask.until !== undefined
  const limit = isAsk ? askBytes : limits.messageBytes - bounds.envelopeBytes
  if (!can.includes(isAsk ? ASKS : CALLS))
    return callFailure('call/unsupported', ask, executed(pending), {}, 'terminal')
  return ask.data !== undefined && isLonger(ask.data, limit)
    ? callFailure('call/too-large', ask, 'no', { limit }, 'terminal')
    : undefined
}

const put = (link: Link, pending: Pending, now: number): void => {
  const { data } = pending.ask
  if (data === undefined) link.control(frameOf(pending, now))
  else link.carry(frameOf(pending, now), data)
}

/** Members are asked by a member. */
const mayWrite = ({ interest }: Parts['rooms'], { ask: { until, room = '' } }: Pending): boolean =>
  until === undefined || interest.known(room)?.have === 'In'

/** The calls to write now. */
interface Waiting {
  readonly add: (pending: Pending) => void
  readonly delete: (pending: Pending) => void
  readonly all: () => readonly Pending[]
  /** Removes and returns all. */
  readonly take: () => Iterable<Pending>
}

const waitingCalls = (): Waiting => {
  let calls = new Set<Pending>()
  return {
    add: (pending) => {
      calls.add(pending)
    },
    delete: (pending) => {
      calls.delete(pending)
    },
    all: () => [...calls],
    take: () => {
      if (calls.size === 0) return []
      const taken = calls
      // Each time a new Set: one that is emptied again and again keeps its dead tables.
      calls = new Set()
      return taken
    },
  }
}

/** The calls of a client, by what they wait for. */
interface Queues {
  readonly waiting: Waiting
  readonly asked: Pick<ChurningMap<number, Pending>, 'delete'>
  readonly cancelled: Set<string>
  readonly repeating: Pick<Repeats, 'add'>
}

/** Performs an action of a step. Returns true where the caller is to be told. */
const perform = (output: Output, pending: Pending, { waiting, asked, cancelled, repeating }: Queues): boolean => {
  switch (output) {
    case 'Queue':
      repeating.add(pending)
      break
    case 'Withdraw':
      waiting.delete(pending)
      break
    case 'Retire':
      asked.delete(pending.ch)
      break
    case 'Cancel':
      if (cancelled.size < mostCalls) cancelled.add(pending.ask.id)
      break
    case 'Settle':
      return true
  }
  return false
}

export const callRequests = ({ kernel, rooms }: Parts): CallRequests => {
  const { deadlines, present, diagnostics, retries } = kernel
  const waiting = waitingCalls()
  /** Those that were written on the present link, by their number. */
  const asked = new ChurningMap<number, Pending>()
  const repeating = repeats(retries, waiting)
  /** The calls of any stage but the last. */
  let open = 0
  /** The ids of calls to cancel on the next link. */
  const cancelled = new Set<string>()
  const queues: Queues = { waiting, asked, cancelled, repeating }
  let halted: WebSocketError | undefined

  /** Returns true where the caller is to be told. */
  const feed = (pending: Pending, input: Input): boolean => {
    const [stage, outputs] = step(pending.stage, input)
    let isTold = false
    for (const output of outputs) if (perform(output, pending, queues)) isTold = true
    if (stage === 'Over' && pending.stage !== 'Over') {
      open--
      pending.deadline?.cancel()
      repeating.forget(pending)
    }
    pending.stage = stage
    return isTold
  }
  /** Ends a call without an answer of the server. */
  const fail = (pending: Pending, because: WebSocketError): void => {
    if (feed(pending, 'Failed')) pending.caller.failed(because)
  }
  const endAsked = (pending: Pending, because: WebSocketError): void => {
    if (feed(pending, 'Answered')) pending.caller.failed(because)
  }
  const write = (pending: Pending, link: Link, welcome: Welcome): void => {
    const because = misfit(pending, welcome)
    if (because) fail(pending, because)
    else {
      pending.ch = rooms.joins.allot()
      asked.set(pending.ch, pending)
      put(link, pending, deadlines.now())
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
      if (feed(pending, 'Answered')) pending.caller.reply(frame)
    }
  }
  const stop = (because: WebSocketError): void => {
    halted = because
    for (const pending of [...waiting.all(), ...asked.values(), ...repeating.all()])
      fail(pending, lostBy(pending, because))
  }

  return {
    readers: { reply: readReply },
    frames: {
      reply,
      left: (frame) => {
        const pending = asked.get(frame.ch)
        if (pending && feed(pending, 'Answered')) pending.caller.refused(frame)
      },
    },
    ask: (ask, caller) => {
      const pending = pendingCall(ask, caller, deadlines.now())
      const because = halted ?? (open < mostCalls ? undefined : busy(ask))
      open++
      if (because) fail(pending, because)
      else {
        waiting.add(pending)
        watch(pending, deadlines, () => {
          fail(pending, lateOf(pending))
        })
        if (!present.welcome()) kernel.send({ _tag: 'Need' })
      }
      return pending
    },
    giveUp: (pending) => {
      feed(pending, 'GivenUp')
    },
    up: repeating.up,
    write: (link) => {
      const welcome = present.welcome()
      if (!welcome) return
      for (const id of cancelled) link.control({ t: 'cancel', id })
      cancelled.clear()
      for (const pending of waiting.take())
        if (mayWrite(rooms, pending)) write(pending, link, welcome)
        else waiting.add(pending)
    },
    down: () => {
      repeating.down()
      for (const pending of [...asked.values()])
        if (pending.ask.until === undefined) feed(pending, 'LinkLost')
        // The server gives it up with the link.
        else endAsked(pending, callFailure('call/lost', pending.ask, executed(pending)))
      return false
    },
    halt: (because) => {
      if (because) stop(because)
      else halted = undefined
    },
    close: stop,
  }
}
