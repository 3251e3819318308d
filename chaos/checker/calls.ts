import type { CallName, ClientRecord, ServerRecord } from '../history/record.js'
import type { Violations } from './violations.js'

/** The calls of clients, to servers and to each other. */
export interface Calls {
  readonly take: (life: string, record: ClientRecord) => void
  /** To be called after all lives. */
  readonly finish: (isOver: (life: string) => boolean) => void
  readonly counts: {
    calls: number
    commands: number
    ran: number
    answers: number
    unknown: number
    givenUp: number
    asks: number
    memberAnswers: number
    memberErrors: number
  }
}

/** A call, and the time of its last sign of life. */
interface Call {
  readonly id: string
  readonly life: string
  readonly name: CallName
  readonly withinMs: number
  readonly calledAt: number
  lastAt: number
  /** The number of the last value of a stream; `undefined`: some are missing before the next one. */
  last: number | undefined
  readonly members: Set<string>
  answered: 'yes' | 'no' | 'unknown' | undefined
  fate: 'open' | 'over' | 'left'
}

const isForMembers = (name: CallName): boolean => name === 'order' || name === 'poll'

/** `lateMs`: a call may end so much later than its time. */
export const calls = (server: Iterable<ServerRecord>, lateMs: number, { add }: Violations): Calls => {
  const counts: Calls['counts'] = {
    calls: 0, commands: 0, ran: 0, answers: 0, unknown: 0, givenUp: 0, asks: 0, memberAnswers: 0, memberErrors: 0,
  } // prettier-ignore
  const runs = new Map<string, number>()
  for (const record of server) {
    if (record[0] !== 'ran') continue
    const count = (runs.get(record[2]) ?? 0) + 1
    runs.set(record[2], count)
    counts.ran++
    if (count === 2) add('call/twice', `${record[2]} ran again at ${record[1]}`)
  }
  const all = new Map<string, Call>()
  const served = new Set<string>()

  const seen = (call: Call, at: number): void => {
    if (call.fate !== 'open') add('call/after', `${call.id} had an answer at ${at}, and nobody waited for one`)
    if (at - call.lastAt > call.withinMs + lateMs)
      add(
        'call/hung',
        `${call.id} (${call.name}), called at ${call.calledAt}, had no answer from ${call.lastAt} to ${at}`,
      )
    call.lastAt = call.name === 'count' ? at : call.lastAt
  }
  /** Each answer is one of this call, and a member, or a server, has one. */
  const value = (
    call: Call,
    [, at, id, of, n, member]: Extract<ClientRecord, readonly ['call-answer', ...unknown[]]>,
  ): void => {
    seen(call, at)
    counts.answers++
    if (of !== id) add('call/other', `${id} was answered with ${of} at ${at}`)
    if (call.name === 'count') {
      if (call.last !== undefined && n !== call.last + 1) add('call/hole', `${id} had ${n} after ${call.last} at ${at}`)
      call.last = n
    } else once(call, member, at)
    if (member !== '') counts.memberAnswers++
    call.answered = 'yes'
  }
  const once = ({ id, members }: Call, member: string, at: number): void => {
    if (members.has(member)) add('call/many', `${id} had another answer of ${member || 'the server'} at ${at}`)
    members.add(member)
  }
  const error = (
    call: Call,
    [, at, , code, executed, member]: Extract<ClientRecord, readonly ['call-error', ...unknown[]]>,
  ): void => {
    seen(call, at)
    if (member !== '') counts.memberErrors++
    if (call.name === 'count') call.last = undefined
    // That of the call itself comes beside those of members.
    else once(call, member === '' && isForMembers(call.name) ? `end ${code}` : member, at)
    if (call.name !== 'act') return
    call.answered = executed === 'no' || executed === 'yes' ? executed : 'unknown'
    if (call.answered === 'unknown') counts.unknown++
  }
  /** An answer says the truth about the command. */
  const judge = ({ id, name, answered, fate }: Call): void => {
    if (name !== 'act' || fate === 'left') return
    const ran = runs.has(id)
    if (answered === 'no' && ran) add('call/false', `${id} ran, and its caller was told that it has not`)
    if (answered === 'yes' && !ran) add('call/false', `${id} was answered, and has not run`)
  }
  return {
    take: (life, record) => {
      if (record[0] === 'called') {
        const [, at, id, name, withinMs] = record
        all.set(id, { id, life, name, withinMs, calledAt: at, lastAt: at, last: 0, members: new Set(), answered: undefined, fate: 'open' }) // prettier-ignore
        counts.calls++
        if (name === 'act') counts.commands++
        if (isForMembers(name)) counts.asks++
      } else if (record[0] === 'served') {
        const key = `${record[2]} ${life}`
        if (served.has(key)) add('call/twice', `${record[2]} ran again in ${life} at ${record[1]}`)
        served.add(key)
      } else if (record[0].startsWith('call-')) {
        const call = all.get(String(record[2]))
        if (!call) add('call/other', `${life} has an answer to ${String(record[2])}, which it has not called`)
        else if (record[0] === 'call-answer') value(call, record)
        else if (record[0] === 'call-error') error(call, record)
        else {
          if (record[0] === 'call-over') seen(call, record[1])
          else counts.givenUp++
          call.fate = record[0] === 'call-over' ? 'over' : 'left'
        }
      }
    },
    finish: (isOver) => {
      for (const call of all.values()) {
        judge(call)
        if (call.fate === 'open' && isOver(call.life))
          add('call/hung', `${call.id} (${call.name}), called at ${call.calledAt}, never ended`)
      }
    },
    counts,
  }
}
