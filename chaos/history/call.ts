import type { At } from './record.js'

/** `order` and `poll` are for the other members: a command and a query. */
export type CallName = 'act' | 'look' | 'count' | 'order' | 'poll'

/** Somebody called something, for so many ms; of a stream: to its next answer. Ids are unique over all lives. */
export type Called = readonly ['called', At, id: string, name: CallName, withinMs: number]
/** An answer: the id of the call that it answers, and its number, for a stream. `member`: who answered, or nobody but the server. */
export type CallAnswer = readonly ['call-answer', At, id: string, of: string, n: number, member: string]
/** The reason why there is no answer. */
export type CallError = readonly ['call-error', At, id: string, code: string, executed: string, member: string]
/** Nothing follows. */
export type CallOver = readonly ['call-over', At, id: string]
/** The caller has unsubscribed. */
export type CallLeft = readonly ['call-left', At, id: string]
/** The handler of a member began. */
export type Served = readonly ['served', At, id: string]
export type CallRecord = Called | CallAnswer | CallError | CallOver | CallLeft | Served

/** The handler of a command began at a server. */
export type Ran = readonly ['ran', At, id: string]
