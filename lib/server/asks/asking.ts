import type { Refusal, Sender, Until } from '../../protocol/frame.js'
import { refusal } from '../refusal.js'
import { keyOfMember, type MemberValue } from '../tables/kinds.js'
import type { Table } from '../tables/table.js'
import { type Asked, lateAnswer, lateRefusal, type MemberAnswer, noAnswer } from './question.js'

/** The receiver of the answers to one call to members. */
export interface AskReceiver {
  readonly answered: (member: Sender, answer: MemberAnswer) => void
  /** Nothing follows. The refusal is the reason why the call has not the answers that it needs. */
  readonly over: (because?: Refusal) => void
}

/** A call to members, at the server that asks. */
export interface Asking {
  /** Those who answer are known, or others. */
  readonly changed: () => void
  /** Takes the answer of a member; a second one, and one of a member that was not asked, has no effect. */
  readonly answered: (key: string, answer: MemberAnswer) => void
  readonly late: () => void
  /** The answers are no longer wanted. */
  readonly stop: () => void
  /** Ends it with a refusal. */
  readonly fail: (because: Refusal) => void
}

export interface AskingNeeds {
  readonly asked: Asked
  readonly until: Until
  /** Returns the rows of those who answer calls in the room; `undefined` while they are not known. */
  readonly table: () => Table | undefined
  /** Returns true for the name of a server that can be asked. */
  readonly isReachable: (server: string) => boolean
  readonly send: (server: string, keys: readonly string[]) => void
  readonly cancel: (server: string) => void
  readonly to: AskReceiver
  /** Called once. */
  readonly ended: () => void
}

/** The most members of one call. */
const mostMembers = 1_000

/** Returns the value of the row of a member: the name of its server, and the names of the calls that it answers. */
export const answersValue = (server: string, names: readonly string[]): string => JSON.stringify([server, ...names])

/** Reads the value of such a row. */
const rowOf = (value: string): readonly [server: string, ...names: string[]] => {
  const [state] = JSON.parse(value) as MemberValue
  return state as readonly [string, ...string[]]
}

const memberOf = (key: string): Sender => {
  const end = key.lastIndexOf('\n')
  return [key.slice(0, end), key.slice(end + 1)]
}

/** Returns the number of answers that are needed of so many members. `all`: none in particular, but each. */
const neededOf = (until: Until, members: number): number => {
  if (until === 'all') return 0
  if (until === 'first') return 1
  return until === 'quorum' ? Math.floor(members / 2) + 1 : until
}

/** The members that have not answered, by key with their server. */
interface Open {
  readonly members: Map<string, string>
  readonly needed: number
  readonly counted: number
}

export const asking = ({ asked, until, table, isReachable, send, cancel, to, ended }: AskingNeeds): Asking => {
  /** `undefined` before the members are asked. */
  let open: Open | undefined
  let isOver = false

  const end = (): void => {
    isOver = true
    const servers = new Set(open?.members.values())
    ended()
    for (const server of servers) cancel(server)
  }
  const over = (because?: Refusal): void => {
    end()
    to.over(because)
  }
  const members = (rows: Table['rows']): ReadonlyMap<string, string> => {
    const own = asked.from && keyOfMember({ user: asked.from[0], session: asked.from[1] })
    const found = new Map<string, string>()
    for (const { key, value } of rows.values()) {
      const [server, ...names] = rowOf(value)
      if (key !== own && names.includes(asked.name) && isReachable(server)) found.set(key, server)
    }
    return found
  }
  const begin = ({ rows }: Table): void => {
    const found = members(rows)
    const needed = neededOf(until, found.size)
    if (found.size === 0) over(refusal('call/nobody'))
    else if (found.size > mostMembers) over(refusal('call/too-many'))
    else if (needed > found.size) over(refusal('call/too-few'))
    else {
      open = { members: new Map(found), needed, counted: 0 }
      for (const server of new Set(found.values()))
        send(
          server,
          [...found].flatMap(([key, of]) => (of === server ? [key] : [])),
        )
    }
  }
  /** Ends the call where it has the answers that it needs, or cannot get them any more. */
  const judge = ({ members: { size }, needed, counted }: Open): void => {
    if (until === 'all' ? size === 0 : counted >= needed) over()
    else if (until !== 'all' && counted + size < needed) over(refusal('call/too-few'))
  }
  const settle = (key: string, answer: MemberAnswer): void => {
    if (isOver || !open?.members.delete(key)) return
    open = { ...open, counted: open.counted + (answer.is === 'none' ? 0 : 1) }
    to.answered(memberOf(key), answer)
    judge(open)
  }
  /** Members whose server has stopped, or that are connected to another one, do not answer. */
  const lose = ({ members: waiting }: Open, { rows, changes }: Table): void => {
    for (const [key, server] of [...waiting]) {
      const row = rows.get(key)
      const dropped = changes.filter((change) => change.key === key).at(-1)
      const isLost = row ? rowOf(row.value)[0] !== server : (dropped?.cause ?? 'node') === 'node'
      if (isLost) settle(key, noAnswer('call/gone', asked))
    }
  }
  return {
    changed: () => {
      const known = table()
      if (isOver || !known) return
      if (open) lose(open, known)
      else begin(known)
    },
    answered: settle,
    late: () => {
      if (isOver) return
      const waiting = [...(open?.members.keys() ?? [])]
      end()
      for (const key of waiting) to.answered(memberOf(key), lateAnswer(asked))
      to.over(open && until === 'all' ? undefined : lateRefusal(asked, open !== undefined))
    },
    stop: () => {
      if (!isOver) end()
    },
    fail: (because) => {
      if (!isOver) over(because)
    },
  }
}
