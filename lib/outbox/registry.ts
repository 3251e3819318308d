import * as E from '#fp/Either'
import { ChurningMap } from '../core/churning-map.js'
import type { Result } from '../core/result.js'
import type { Message, OutgoingMessage, Past, Receipt } from './message.js'

type Name = Pick<OutgoingMessage, 'id' | 'room'>

/** An answered message, which a later call may repeat or send again. */
export interface Answered extends Past {
  readonly result: Result<Receipt>
  /** The print of its payload. */
  readonly print: string
}

/** The messages of an outbox by room and id: those that it holds, and the latest answered ones. */
export interface Registry {
  readonly held: (name: Name) => Message | undefined
  readonly answered: (name: Name) => Answered | undefined
  readonly add: (message: Message) => void
  readonly remove: (message: Message) => void
  /** Remembers an answer, if a later call may ask for it or send the message again. */
  readonly remember: (message: OutgoingMessage, past: Past, result: Result<Receipt>) => void
  /** Forgets the answered messages, since another user must not get their receipts. */
  readonly forget: () => void
}

/** A line break separates the two: ids hold no control characters. */
const keyOf = ({ id, room }: Name): string => `${id}\n${room}`

/**
 * The print of a message, by which the outbox recognises its payload in a later call: the event, the length and a hash of
 * 32 bits (FNV-1a over the units of UTF-16).
 */
export const printOf = ({ event, text }: Pick<OutgoingMessage, 'event' | 'text'>): string => {
  let hash = 0
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 16_777_619)
  return [event, text.length, hash].join()
}

/** Makes a registry that remembers the latest `most` answered messages. */
export const registry = (most: number): Registry => {
  /** By id; by id and room where a message of another room had the same id. */
  const held = new ChurningMap<string, Message>()
  /** By id and room, oldest first. */
  const answered = new Map<string, Answered>()

  return {
    held: (name) => {
      const first = held.get(name.id)
      return first?.room === name.room ? first : held.get(keyOf(name))
    },
    answered: (name) => answered.get(keyOf(name)),
    add: (message) => {
      if (message.isNamed) answered.delete(keyOf(message))
      held.set(held.get(message.id) ? keyOf(message) : message.id, message)
    },
    remove: (message) => {
      held.delete(held.get(message.id) === message ? message.id : keyOf(message))
    },
    remember: (message, { seq, order, since, attempts, written }, result) => {
      if (!message.isNamed && E.isRight(result)) return
      answered.set(keyOf(message), { seq, order, since, attempts, written, result, print: printOf(message) })
      if (answered.size <= most) return
      const [oldest] = answered.keys()
      if (oldest !== undefined) answered.delete(oldest)
    },
    forget: () => {
      answered.clear()
    },
  }
}
