import type { AskKind, Refusal, Sender, Until } from '../../protocol/frame.js'
import { refusal } from '../refusal.js'

/** A call to the members of a room. */
export interface Order {
  readonly room: string
  readonly name: string
  readonly kind: AskKind
  /** The input as JSON text. Absent: none. */
  readonly data?: string
  /** The session that asks, and is not asked itself. Absent: the server. */
  readonly from?: Sender
  readonly until: Until
  /** The time at which it is late. */
  readonly at: number
}

/** An order as those get it who answer. */
export interface Asked extends Omit<Order, 'until'> {
  readonly id: string
}

/** The answer of a member. Payloads are JSON texts. */
export type MemberAnswer =
  | { readonly is: 'value'; readonly data?: string }
  | { readonly is: 'error'; readonly error: string; readonly data?: string }
  | { readonly is: 'none'; readonly because: Refusal }

/** The answers that members may refuse with. */
const codes = ['call/gone', 'call/input', 'call/failed', 'call/rate'] as const

/** Makes the answer of a member that has none. A command that it was given may have run. */
export const noAnswer = (code: string | undefined, { kind }: Pick<Order, 'kind'>, isGiven = true): MemberAnswer => {
  const known = codes.find((one) => one === code) ?? 'call/failed'
  const mayRun = isGiven && kind === 'command' && (known === 'call/gone' || known === 'call/failed')
  return { is: 'none', because: refusal(known, mayRun ? { kind: 'unknown' } : {}) }
}

/** The refusal of a call whose time is over. A command that members were given may have run. */
export const lateRefusal = ({ kind }: Pick<Order, 'kind'>, isGiven: boolean): Refusal =>
  refusal('call/late', isGiven && kind === 'command' ? { kind: 'unknown' } : {})

/** The answer of a member that has not answered in time. */
export const lateAnswer = (order: Pick<Order, 'kind'>): MemberAnswer => ({
  is: 'none',
  because: lateRefusal(order, true),
})
