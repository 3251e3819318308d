import { readReply } from '../../protocol/call-frames.js'
import * as E from '#fp/Either'
import { guard } from '../../core/guard.js'
import type { CallFrame, Left, Refusal, Reply } from '../../protocol/frame.js'
import { readServer } from '../../protocol/server-frames.js'
import { refusal, type RefusalCode } from '../refusal.js'

/** A reply to a call, or its refusal, for any link. */
export type Outcome = Omit<Reply, 'ch'> | Omit<Left, 'ch'>

/** Makes the refusal of a call. */
export const refused = (code: RefusalCode, more: Partial<Omit<Refusal, 'code'>> = {}): Omit<Left, 'ch'> => ({
  t: 'left',
  ...refusal(code, more),
})

/** The names that a repetition of a call has in common with it. */
type Names = Pick<CallFrame, 'name' | 'room'>

/** Writes the outcome of a command for the memory of the engine. */
export const outcomeText = ({ name, room }: Names, outcome: Outcome): string =>
  JSON.stringify({ ...outcome, of: [name, room] })

/** Reads the outcome of a command. That of a call with other names, and one that is no outcome, is a refusal. */
export const outcomeIn = ({ name, room }: Names, text: string): Outcome => {
  const parsed = guard(() => JSON.parse(text) as Readonly<Record<string, unknown>>)
  if (E.isLeft(parsed)) return refused('call/forgotten')
  const { of, ...frame } = parsed.right
  if (JSON.stringify(of) !== JSON.stringify([name, room])) return refused('call/input', { message: otherCall })
  const reply = readReply({ ...frame, ch: 0 })
  const read = reply._tag === 'Unknown' ? readServer({ ...frame, ch: 0 }) : reply
  if (read._tag !== 'Frame' || !('t' in read.frame)) return refused('call/forgotten')
  if (read.frame.t !== 'reply' && read.frame.t !== 'left') return refused('call/forgotten')
  const { ch: _, ...outcome } = read.frame
  return outcome
}

export const otherCall = 'Another call of this user has this id.'
