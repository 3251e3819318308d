import { expectTypeOf } from 'expect-type'
import type { Either } from 'fp-ts/lib/Either.js'
import type { Observable } from 'rxjs'
import type { ConfigError, StreamError, WebSocketError } from '../../lib/core/error.js'
import type { ResultStream } from '../../lib/core/result.js'
import {
  collect,
  type Collection,
  concatMapRight,
  foldResult,
  iterate,
  lefts,
  mapRight,
  mergeMapRight,
  retryBackoff,
  retryLeft,
  rights,
  settled,
  switchMapRight,
  unwrap,
} from '../../lib/operators/index.js'
import type { Completed, Errored } from '../../lib/testing/marble.js'
import { expectTimeline, type Timeline, timeline } from '../../lib/testing/timeline.js'
import { virtualTime } from '../../lib/testing/virtual.js'

interface Message {
  readonly text: string
}
declare const messages: ResultStream<Message>
declare const other: (text: string) => Observable<Either<'other', number>>

// [OP30] Types flow through a pipe without a word from the user.
expectTypeOf(messages.pipe(rights())).toEqualTypeOf<Observable<Message>>()
expectTypeOf(messages.pipe(lefts())).toEqualTypeOf<Observable<WebSocketError>>()
expectTypeOf(messages.pipe(mapRight(({ text }) => text.length))).toEqualTypeOf<ResultStream<number>>()
expectTypeOf(messages.pipe(unwrap())).toEqualTypeOf<Observable<Message>>()
expectTypeOf(messages.pipe(retryLeft())).toEqualTypeOf<ResultStream<Message>>()
expectTypeOf(messages.pipe(retryBackoff())).toEqualTypeOf<ResultStream<Message>>()
expectTypeOf(messages.pipe(collect())).toEqualTypeOf<Observable<Collection<Message>>>()
expectTypeOf(settled(messages)).resolves.toEqualTypeOf<Either<WebSocketError, Message>>()
expectTypeOf(settled(other('a'))).resolves.toEqualTypeOf<Either<'other' | StreamError | ConfigError, number>>()
expectTypeOf(iterate(messages)).toEqualTypeOf<AsyncIterable<Either<WebSocketError, Message>>>()
expectTypeOf(
  messages.pipe(
    mapRight(({ text }) => text),
    retryLeft({ when: ({ code }) => code === 'delivery/rate' }),
    foldResult(
      ({ message }) => ({ problem: message }),
      (text) => text,
    ),
  ),
).toEqualTypeOf<Observable<string | { problem: string }>>()

// [CR14] Every error is an `Error` to whoever takes one.
expectTypeOf<WebSocketError>().toExtend<Error>()
expectTypeOf<WebSocketError['name']>().toEqualTypeOf<WebSocketError['_tag']>()

// [OP31] What can go wrong adds up.
expectTypeOf(messages.pipe(switchMapRight(({ text }) => other(text)))).toEqualTypeOf<
  Observable<Either<WebSocketError | 'other', number>>
>()
expectTypeOf(messages.pipe(concatMapRight(({ text }) => other(text)))).toEqualTypeOf<
  Observable<Either<WebSocketError | 'other', number>>
>()
expectTypeOf(messages.pipe(mergeMapRight(({ text }) => other(text), 2))).toEqualTypeOf<
  Observable<Either<WebSocketError | 'other', number>>
>()

// @ts-expect-error a message has no such field
messages.pipe(mapRight(({ txt }) => String(txt)))
// @ts-expect-error the results of a stream that is none
messages.pipe(switchMapRight(() => 5))

// [TS15] A timeline knows its values.
const scheduler = virtualTime()
const plain = timeline(messages, { scheduler, untilMs: 1 })
expectTypeOf(plain).toEqualTypeOf<Timeline<Either<WebSocketError, Message>>>()
const projected = timeline(messages, { scheduler, untilMs: 1, project: ({ _tag }) => _tag })
expectTypeOf(projected).toEqualTypeOf<Timeline<'Left' | 'Right'>>()
expectTypeOf(projected.records[0]!).toEqualTypeOf<readonly [ms: number, what: 'Left' | 'Right' | Completed | Errored]>()
// @ts-expect-error not a value of the stream
expectTimeline(projected).toBe([[0, 'Middle']])
