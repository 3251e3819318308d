import * as t from 'io-ts'
import * as E from '#fp/Either'
import { contract } from '../../lib/contract/contract.js'
import type { Result } from '../../lib/core/result.js'
import type { Message } from '../../lib/rooms/message.js'

/** The contract of most specs. */
export const Chat = contract({ events: { message: t.strict({ text: t.string }), typing: t.void } })

/** Anything goes, one number a message. */
export const Numbers = contract({ events: { message: t.number } })

/** Texts as they came; a `Left` is its code. */
export const texts = (all: readonly Result<Message<{ readonly text: string }>>[]): readonly string[] =>
  all.map((result) => (E.isRight(result) ? result.right.data.text : result.left.code))

/** Payloads as they came; a `Left` is its code. */
export const data = (all: readonly Result<Message<unknown>>[]): readonly unknown[] =>
  all.map((result) => (E.isRight(result) ? result.right.data : result.left.code))
