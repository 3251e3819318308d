import type { Parts } from '../../client/parts.js'
import type { WebSocketError } from '../../core/error.js'
import type { Link } from '../../connection/link.js'
import type { Extension } from '../../kernel/extension.js'
import { readReply } from '../../protocol/call-frames.js'
import { bounds, CALLS, type CallFrame, type Reply } from '../../protocol/frame.js'
import { callFailure } from './failure.js'
import type { Ask, Caller, Pending } from './pending.js'
import { type Input, type Output, step } from './table.js'

/** The calls of a client. Call in a turn. */
export interface CallRequests extends Extension {
  /** Makes a call. The returned function gives it up. */
  readonly ask: (what: Ask, caller: Caller) => () => void
}

/** The most unanswered calls of a client. */
const mostCalls = 10_000

export const callRequests = ({ kernel, rooms }: Parts): CallRequests => {
  const { deadlines, present, diagnostics } = kernel
  const all = new Set<Pending>()
  const waiting = new Set<Pending>()
  const asked = new Map<number, Pending>()
  /** The ids of calls to cancel on the next link. */
  const cancelled = new Set<string>()
  let halted: WebSocketError | undefined

  const isUnsupported = (): boolean => !(present.welcome()?.can.includes(CALLS) ?? true)
  const feed = (pending: Pending, input: Input, settle: () => void = nothing): void => {
    const [stage, outputs] = step(pending.stage, input)
    pending.stage = stage
    if (stage === 'Over') {
      all.delete(pending)
      pending.deadline?.cancel()
    }
    for (const output of outputs) acts[output](pending, settle)
  }
  const acts: Readonly<Record<Output, (pending: Pending, settle: () => void) => void>> = {
    Queue: (pending) => waiting.add(pending),
    Withdraw: (pending) => waiting.delete(pending),
    Retire: (pending) => {
      asked.delete(pending.ch)
      pending.ch = 0
    },
    Cancel: ({ ask: { id } }) => {
      if (cancelled.size < mostCalls) cancelled.add(id)
    },
    Settle: (_, settle) => {
      settle()
    },
  }
  /** Ends a call without an answer of the server. */
  const fail = (pending: Pending, because: WebSocketError): void => {
    feed(pending, 'Failed', () => {
      pending.caller.failed(because)
    })
  }
  const executed = ({ stage, ask }: Pending): 'no' | 'unknown' =>
    stage === 'Waiting' || ask.kind === 'query' ? 'no' : 'unknown'
  /** The error of a call at the end of the connection: that of the connection, unless the call may have run. */
  const lost = (pending: Pending, because: WebSocketError): WebSocketError =>
    executed(pending) === 'no' ? because : callFailure('call/lost', pending.ask, 'unknown')
  const expect = (pending: Pending): void => {
    const { ask } = pending
    if (pending.dueAt === Infinity) return
    pending.deadline = deadlines.at(pending.dueAt, () => {
      // The replies of a stream have moved the time.
      if (deadlines.now() < pending.dueAt) expect(pending)
      else if (pending.after > 0) fail(pending, callFailure('call/idle', ask, 'yes', { afterMs: ask.idleMs }))
      else fail(pending, callFailure('call/late', ask, executed(pending), { afterMs: ask.withinMs }))
    })
  }
  const frameOf = (pending: Pending): CallFrame => {
    const { ask, stage, commands, after, credit, ch, dueAt } = pending
    const { id, call: name, kind, room, data, seen } = ask
    return {
      t: 'call',
      ch,
      id,
      name,
      kind,
      ...(room !== undefined && { room }),
      ...(data !== undefined && { data }),
      ...(dueAt < Infinity && { withinMs: Math.max(0, Math.ceil(dueAt - deadlines.now())) }),
      ...(seen && { seen }),
      ...(stage === 'Repeating' && { again: true }),
      ...(stage === 'Repeating' && commands !== undefined && { commands }),
      ...(kind === 'stream' && { after, credit }),
    }
  }
  const write = (pending: Pending, link: Link): void => {
    const welcome = present.welcome()
    if (!welcome) return
    waiting.delete(pending)
    const limit = welcome.limits.messageBytes - bounds.envelopeBytes
    if (isUnsupported()) fail(pending, callFailure('call/unsupported', pending.ask, executed(pending), {}, 'terminal'))
    else if (pending.ask.bytes > limit)
      fail(pending, callFailure('call/too-large', pending.ask, 'no', { limit }, 'terminal'))
    else {
      pending.ch = rooms.joins.allot()
      asked.set(pending.ch, pending)
      link.control(frameOf(pending))
      if (pending.stage === 'Waiting') pending.commands = welcome.commands
      feed(pending, 'Written')
    }
  }
  /** Takes a reply of a stream: false for one that came before. */
  const isNext = (pending: Pending, { n }: Reply): boolean => {
    const { ask, credit } = pending
    if (n <= pending.after) return false
    pending.after = n
    pending.dueAt = deadlines.now() + ask.idleMs
    if (credit - n <= ask.window / 2) {
      pending.credit = n + ask.window
      present.write({ t: 'credit', ch: pending.ch, upTo: pending.credit, seen: n })
    }
    return true
  }
  const reply = (frame: Reply): void => {
    const pending = asked.get(frame.ch)
    const isStream = pending?.ask.kind === 'stream'
    if (!pending || (isStream && frame.n <= pending.after)) {
      diagnostics.counters.stale++
    } else if (isStream && (frame.is === 'value' || frame.is === 'gap')) {
      if (isNext(pending, frame)) pending.caller.reply(frame)
    } else
      feed(pending, 'Answered', () => {
        pending.caller.reply(frame)
      })
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
      const { kind, withinMs, window } = ask
      const pending: Pending = {
        ask,
        caller,
        stage: 'Waiting',
        ch: 0,
        commands: undefined,
        dueAt: deadlines.now() + withinMs,
        deadline: undefined,
        after: 0,
        credit: kind === 'stream' ? window : 1,
      }
      if (halted) caller.failed(halted)
      else if (all.size >= mostCalls) caller.failed(callFailure('call/busy', ask, 'no', { most: mostCalls }))
      else {
        all.add(pending)
        waiting.add(pending)
        expect(pending)
        kernel.send({ _tag: 'Need' })
      }
      return () => {
        feed(pending, 'GivenUp')
      }
    },
    write: (link) => {
      if (!present.welcome()) return
      for (const id of cancelled) link.control({ t: 'cancel', id })
      cancelled.clear()
      for (const pending of [...waiting]) write(pending, link)
    },
    down: () => {
      for (const pending of [...asked.values()]) feed(pending, 'LinkLost')
      return false
    },
    halt: (because) => {
      halted = because
      if (because) for (const pending of [...all]) fail(pending, lost(pending, because))
    },
    close: (because) => {
      halted = because
      for (const pending of [...all]) fail(pending, lost(pending, because))
      cancelled.clear()
    },
  }
}

const nothing = (): void => undefined
