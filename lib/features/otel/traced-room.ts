import * as E from '#fp/Either'
import { Observable } from 'rxjs'
import { portOf } from '../../client/port.js'
import type { Room } from '../../client/room.js'
import type { Outgoing, SendOptions } from '../../client/outgoing.js'
import type { AnyContract } from '../../contract/contract.js'
import { isObject } from '../../core/shape.js'
import type { ResultStream } from '../../core/result.js'
import { stream } from '../../core/stream.js'
import type { Spans } from './spans.js'
import { linksOf, traceparentOf } from './traceparent.js'

/** The members of a room that are traced. */
export type TracedRoom<C extends AnyContract> = Pick<Room<C>, 'on' | 'messages' | 'join' | 'send' | 'post'>

type Send = (event: string, data?: unknown, options?: SendOptions | null) => Outgoing
type Listen = (...given: unknown[]) => ResultStream<{ readonly id: string; readonly event: string }>

/** Traces a room: its joins, its messages from the call to the receipt, and the handling of each received message. */
export const tracedRoom =
  (spans: Spans) =>
  <C extends AnyContract>(room: Room<C>): TracedRoom<C> => {
    const { name: of, parts } = portOf(room)
    const { threw } = parts.kernel.diagnostics

    const traced =
      (send: Send): Send =>
      (event, data, options) => {
        const span = spans.start({ span: 'send', room: of, event })
        const outgoing = send(event, data, named(options, traceparentOf(span.spanContext())))
        spans.follow(span, outgoing)
        return outgoing
      }
    const handled =
      (listen: Listen): Listen =>
      (...given) =>
        stream(
          threw,
          new Observable((to) =>
            listen(...given).subscribe({
              next: (result) => {
                if (E.isLeft(result)) {
                  to.next(result)
                  return
                }
                const { id, event } = result.right
                const span = spans.start({ span: 'process', room: of, event }, { root: true, links: linksOf(id) })
                spans.within(span, () => {
                  to.next(result)
                })
              },
              error: (thrown: unknown) => {
                to.error(thrown)
              },
              complete: () => {
                to.complete()
              },
            }),
          ),
        )
    const members = {
      on: handled(room.on as Listen),
      messages: handled(room.messages as Listen),
      join: (...given: Parameters<Room<C>['join']>) => {
        const span = spans.start({ span: 'join', room: of })
        const answer$ = room.join(...given)
        spans.follow(span, answer$)
        return answer$
      },
      send: traced(room.send as Send),
      post: traced(room.post as Send),
    }
    return members as unknown as TracedRoom<C>
  }

/** Names a message after its span, unless the application has named it, or its options are none. */
const named = (options: SendOptions | null | undefined, id: string | undefined): SendOptions | null | undefined =>
  id !== undefined && isObject(options ?? {}) ? { id, ...options } : options
