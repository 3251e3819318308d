import * as E from '#fp/Either'
import { guard } from '../../core/guard.js'
import { because, sender } from '../../protocol/call-frames.js'
import { isList, payloadFlaw } from '../../protocol/field.js'
import { Flaw } from '../../protocol/flaw.js'
import type { AskKind } from '../../protocol/frame.js'
import { count, event, id, kind, type Kind, object, room, text, word } from '../../protocol/kind.js'
import type { Asked, MemberAnswer } from './question.js'

/** The question of another server to members that are connected here. */
export interface AskSignal extends Omit<Asked, 'at'> {
  readonly t: 'ask'
  /** The keys of the members. */
  readonly to: readonly string[]
  readonly withinMs: number
}

/** The messages of servers about calls to members. */
export type NodeSignal =
  | AskSignal
  | { readonly t: 'answer'; readonly id: string; readonly key: string; readonly answer: MemberAnswer }
  | { readonly t: 'cancel'; readonly id: string }

const keys = kind('keys', (value) => isList(value) && value.every((key) => typeof key === 'string'))

/** The payload of a question or an answer. */
const json = kind('JSON text', (value) => {
  if (typeof value !== 'string') return false
  const parsed = guard((): unknown => JSON.parse(value))
  return E.isRight(parsed) && payloadFlaw(parsed.right) === undefined
})

const answers: Readonly<Record<MemberAnswer['is'], Kind>> = {
  value: object<Extract<MemberAnswer, { readonly is: 'value' }>>({ is: text, 'data?': json }),
  error: object<Extract<MemberAnswer, { readonly is: 'error' }>>({ is: text, error: id, 'data?': json }),
  none: object<Extract<MemberAnswer, { readonly is: 'none' }>>({ is: text, because }),
}

const answer: Kind = (value) => {
  const is = isTagged(value, 'is') ? value.is : undefined
  return is !== undefined && Object.hasOwn(answers, is)
    ? answers[is as MemberAnswer['is']](value)
    : new Flaw('an answer', value)
}

const signals: Readonly<Record<NodeSignal['t'], Kind>> = {
  ask: object<AskSignal>({
    t: text,
    id,
    to: keys,
    room,
    name: event,
    kind: word<AskKind>('command', 'query'),
    'data?': json,
    'from?': sender,
    withinMs: count,
  }),
  answer: object<Extract<NodeSignal, { readonly t: 'answer' }>>({ t: text, id, key: text, answer }),
  cancel: object<Extract<NodeSignal, { readonly t: 'cancel' }>>({ t: text, id }),
}

const isTagged = <K extends string>(value: unknown, key: K): value is Readonly<Record<K, string>> =>
  typeof value === 'object' && value !== null && typeof (value as Readonly<Record<string, unknown>>)[key] === 'string'

/** Reads a message of another server; `undefined` for one that this version does not know. */
export const readSignal = (json: string): NodeSignal | undefined => {
  const parsed = guard((): unknown => JSON.parse(json))
  if (E.isLeft(parsed) || !isTagged(parsed.right, 't') || !Object.hasOwn(signals, parsed.right.t)) return undefined
  const read = signals[parsed.right.t as NodeSignal['t']](parsed.right)
  return read instanceof Flaw ? undefined : (read as NodeSignal)
}
