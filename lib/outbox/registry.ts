import * as E from '#fp/Either'
import type { Result } from '../core/result.js'
import { checksum } from '../store/checksum.js'
import type { Message, OutgoingMessage, Receipt, Settled } from './message.js'

type Name = Pick<OutgoingMessage, 'id' | 'room'>

/** The messages of an outbox by room and id: those that it holds, and the latest answered ones. */
export interface Registry {
  readonly find: (name: Name) => Message | undefined
  readonly add: (message: Message) => void
  readonly remove: (message: Message) => void
  /** Records the result of a message; remembers the message if a later call may send it again. */
  readonly settle: (message: Message, text: string, result: Result<Receipt>) => void
  /** Forgets the answered messages, since another user must not get their receipts. */
  readonly forget: () => void
}

/** A line break separates the two: ids hold no control characters. */
const keyOf = ({ id, room }: Name): string => `${id}\n${room}`

/** The checksum of a message, by which the outbox recognises its payload in a later call. */
export const printOf = (event: string, text: string): string => `${event}\n${checksum(text)}`

/** Makes a registry that remembers the latest `most` answered messages. */
export const registry = (most: number): Registry => {
  const held = new Map<string, Message>()
  /** Messages whose id another room's message in `held` has too. */
  const namesakes = new Map<string, Message>()
  /** Oldest first. */
  const answered = new Map<string, Message>()

  const present = (name: Name): Message | undefined => {
    const first = held.get(name.id)
    return first?.room === name.room || namesakes.size === 0 ? first : namesakes.get(keyOf(name))
  }
  const remove = (message: Message): void => {
    if (held.get(message.id) === message) held.delete(message.id)
    else if (namesakes.size > 0 && namesakes.get(keyOf(message)) === message) namesakes.delete(keyOf(message))
  }
  const remember = (message: Message): void => {
    answered.set(keyOf(message), message)
    if (answered.size <= most) return
    const [oldest] = answered.keys()
    if (oldest !== undefined) answered.delete(oldest)
  }

  return {
    find: (name) => {
      const found = present(name)
      return found?.room === name.room ? found : answered.get(keyOf(name))
    },
    add: (message) => {
      if (message.isNamed) answered.delete(keyOf(message))
      const first = held.get(message.id)
      if (first && first.room !== message.room) namesakes.set(keyOf(message), message)
      else held.set(message.id, message)
    },
    remove,
    settle: (message, text, result) => {
      remove(message)
      const isRemembered = message.isNamed || E.isLeft(result)
      const settled: Settled = {
        _tag: 'Settled',
        result,
        print: isRemembered ? printOf(message.event, text) : undefined,
      }
      message.state = settled
      if (isRemembered) remember(message)
    },
    forget: () => {
      answered.clear()
    },
  }
}
