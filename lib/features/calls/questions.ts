import * as E from '#fp/Either'
import { Subscription } from 'rxjs'
import { callTraces } from '../../client/call-traces.js'
import type { Parts } from '../../client/parts.js'
import type { CallType } from '../../contract/call-type.js'
import { frozen } from '../../core/frozen.js'
import type { Extension } from '../../kernel/extension.js'
import { fault } from '../../kernel/fault.js'
import { readQuestion } from '../../protocol/ask-frames.js'
import { type Answering, askBytes, type AskKind, type Question } from '../../protocol/frame.js'
import { unescaped } from '../../protocol/payload.js'
import { body, type Body, sizeOf } from '../../server/calls/body.js'

/** The origin of a call that this client answers. */
export interface AskCaller {
  /** The id of the call: one for each call and member. */
  readonly id: string
  readonly name: string
  readonly kind: AskKind
  readonly room: string
  /** The session that calls; `undefined`: the server. */
  readonly from: { readonly user: string; readonly session: string } | undefined
  /** The time for the answer, in ms. */
  readonly withinMs: number
}

/** The handler of a call in a room. */
export interface Handler {
  readonly room: string
  readonly call: string
  readonly type: CallType
  readonly run: (input: unknown, caller: AskCaller) => unknown
}

/** The calls to this client. Call in a turn. */
export interface Questions extends Extension {
  /** Answers a call, until the returned function is called. */
  readonly add: (handler: Handler) => () => void
}

/** A call whose handler runs. */
interface Open {
  readonly ch: number
  readonly id: string
  readonly handler: Handler
  readonly running: Subscription
}

export const questions = ({ kernel, get }: Parts): Questions => {
  const { turns, present, deadlines, diagnostics } = kernel
  const handlers = new Set<Handler>()
  const open = new Map<number, Open>()

  const write = (ch: number, answer: Omit<Answering, 't' | 'ch'>): void => {
    present.write({ t: 'reply', ch, ...answer })
  }
  const end = ({ ch, running }: Open): boolean => {
    running.unsubscribe()
    return open.delete(ch)
  }
  const failed = ({ ch, handler: { call } }: Open, because: string): void => {
    diagnostics.report(fault('FunctionThrew', `The handler of ${call}: ${because}`))
    write(ch, { is: 'none', code: 'call/failed' })
  }
  const answer = (of: Open, said: E.Either<string, Body>): void => {
    if (!end(of)) return
    if (E.isLeft(said)) failed(of, said.left)
    else if (sizeOf(said.right) > askBytes) failed(of, `its answer has more than ${askBytes} bytes`)
    else {
      const { data } = said.right
      const payload = data !== undefined && { data }
      write(
        of.ch,
        said.right._tag === 'Error' ? { is: 'error', error: said.right.error, ...payload } : { is: 'last', ...payload },
      )
    }
  }
  const run = (of: Open, input: unknown, { id, name, kind, room, from, withinMs }: Question): void => {
    const { handler, running } = of
    const caller: AskCaller = frozen({
      id,
      name,
      kind,
      room,
      from: from && { user: from[0], session: from[1] },
      withinMs,
    })
    const answering = (): unknown => handler.run(input, caller)
    const tracer = get(callTraces).tracer()
    running.add(
      deadlines.after(withinMs, () => {
        turns.enter(() => {
          end(of)
        })
      }).cancel,
    )
    turns.publish(() => {
      if (running.closed) return
      running.add(
        body(
          handler,
          () => (tracer ? tracer.handling({ span: 'answer', room, call: name }, id, answering) : answering()),
          (said) => {
            turns.enter(() => {
              answer(of, said)
            })
          },
        ),
      )
    })
  }
  const take = (frame: Question): void => {
    const { ch, id, room, name, data } = frame
    const handler = [...handlers].filter((one) => one.room === room && one.call === name).at(-1)
    if (!handler) {
      write(ch, { is: 'none', code: 'call/gone' })
      return
    }
    const input = handler.type.codecs.input.decode(unescaped(data))
    if (E.isLeft(input)) {
      write(ch, { is: 'none', code: 'call/input' })
      return
    }
    const of: Open = { ch, id, handler, running: new Subscription() }
    open.set(ch, of)
    run(of, frozen(input.right), frame)
  }
  const clear = (): void => {
    for (const each of [...open.values()]) end(each)
  }
  return {
    readers: { call: readQuestion, cancel: readQuestion },
    frames: {
      call: take,
      cancel: ({ id }) => {
        for (const each of [...open.values()]) if (each.id === id) end(each)
      },
    },
    add: (handler) => {
      handlers.add(handler)
      return () => {
        handlers.delete(handler)
        for (const each of [...open.values()]) {
          if (each.handler !== handler) continue
          end(each)
          write(each.ch, { is: 'none', code: 'call/gone' })
        }
      }
    },
    down: () => {
      clear()
      return false
    },
    close: clear,
  }
}
