import * as bounds from '../../protocol/bounds.js'
import { type Answering, askBytes, type Question } from '../../protocol/frame.js'
import { isList, isName } from '../../protocol/field.js'
import { isOfUser, USER } from '../../protocol/reserved.js'
import { isLonger } from '../../protocol/utf8.js'
import type { Member } from '../room.js'
import type { SessionRecord } from '../session-record.js'
import { keyOfMember } from '../tables/kinds.js'
import type { Announced, RowAnswer } from '../tables/member-row.js'
import type { Cause } from '../tables/model.js'
import type { Answerer } from './answerers.js'
import { answersValue } from './asking.js'
import type { NodeAsks } from './node-asks.js'
import { type Asked, type MemberAnswer, noAnswer } from './question.js'

/** The calls that one session answers in its rooms, and the questions to it. */
export interface SessionAnswers {
  /** A membership answers calls of these names from now on. */
  readonly set: (member: Member, names: readonly string[], then: (answer: RowAnswer) => void) => void
  readonly withdraw: (member: Member) => void
  /** The permission to publish of a membership is given or taken: without it the client answers nothing. */
  readonly granted: (ch: number, mayPublish: boolean) => void
  /** Takes an answer; one to no question has no effect. */
  readonly reply: (frame: Answering) => void
  readonly leave: (ch: number, cause: Cause) => void
  readonly close: () => void
}

/** A membership that answers calls; without a row while its client may not publish. */
interface Registered {
  readonly member: Member
  readonly names: readonly string[]
  readonly answerer: Answerer
  row: Announced | undefined
}

/** A question that the client has not answered. */
interface Open {
  readonly asked: Asked
  /** The number of the membership. */
  readonly of: number
}

/** The most names of one membership, and the most unanswered questions of a session. */
const mostNames = 64
const mostQuestions = 1_000

/** Reads the names of calls; `undefined`: not such a list. */
export const namesOf = (value: unknown): readonly string[] | undefined => {
  const isNames = isList(value) && value.length <= mostNames && value.every((name) => isName(name, bounds.eventBytes))
  return isNames ? value : undefined
}

export const sessionAnswers = (session: SessionRecord, asks: NodeAsks): SessionAnswers => {
  const { writer, codec, generation } = session
  const { now } = session.shared.context
  const key = keyOfMember(session)
  const all = new Map<number, Registered>()
  const open = new Map<number, Open>()
  let numbers = 0

  const answererOf = ({ ch: of, room: { name } }: Member): Answerer => ({
    ask: (asked) => {
      if (open.size >= mostQuestions || !writer.hasRoom() || session.connection.isFenced) return 'call/rate'
      const ch = ++numbers
      const frame = questionOf(asked, ch, isOfUser(name) ? USER : name, now())
      if (!writer.takes(codec.size(codec.encode(frame)))) return 'call/input'
      open.set(ch, { asked, of })
      writer.control(frame)
      return undefined
    },
    cancel: (id) => {
      for (const [ch, { asked }] of open) if (asked.id === id) open.delete(ch)
      writer.control({ t: 'cancel', id })
    },
  })
  const announce = (of: Registered, then: (answer: RowAnswer) => void): void => {
    const row = of.row && !of.row.isOver() ? of.row : asks.rows.announce(of.member, generation)
    of.row = row
    asks.add(of.member.room.name, key, of.answerer)
    // Another server may ask as soon as there is a row.
    asks.opened(() => {
      row.set(answersValue(asks.server(), of.names), then)
    })
  }
  /** Ends a row, and gives up the questions to it. */
  const end = ({ member, answerer, row }: Registered, cause: Cause): void => {
    asks.remove(member.room.name, key, answerer)
    row?.leave(cause)
    for (const [ch, { asked, of }] of [...open]) {
      if (of !== member.ch) continue
      open.delete(ch)
      writer.control({ t: 'cancel', id: asked.id })
      asks.answered(asked.id, key, noAnswer('call/gone', asked))
    }
  }
  return {
    set: (member, names, then) => {
      const known = all.get(member.ch)
      const registered: Registered = {
        member,
        names,
        answerer: known?.answerer ?? answererOf(member),
        row: known?.row,
      }
      all.set(member.ch, registered)
      announce(registered, then)
    },
    withdraw: (member) => {
      // Without a row of this connection, an earlier one may still be there.
      end(all.get(member.ch) ?? stranger(member, asks, generation), 'left')
      all.delete(member.ch)
    },
    granted: (ch, mayPublish) => {
      const known = all.get(ch)
      if (!known || mayPublish === (known.row !== undefined)) return
      if (mayPublish) announce(known, () => undefined)
      else {
        end(known, 'forbidden')
        known.row = undefined
      }
    },
    reply: (frame) => {
      const { ch, data } = frame
      const known = open.get(ch)
      if (!known) return
      open.delete(ch)
      const { asked } = known
      asks.answered(asked.id, key, answerOf(frame, asked, data === undefined ? undefined : codec.stored(data)))
    },
    leave: (ch, cause) => {
      const known = all.get(ch)
      if (known) end(known, cause === 'grace' ? 'lost' : cause)
      all.delete(ch)
    },
    close: () => {
      for (const each of all.values()) end(each, 'lost')
      all.clear()
    },
  }
}

/** Reads the answer of a client; `data` is JSON text. */
const answerOf = (
  { is, error, code }: Pick<Answering, 'is' | 'error' | 'code'>,
  asked: Asked,
  data: string | undefined,
): MemberAnswer => {
  if (is === 'none') return noAnswer(code, asked)
  if (data !== undefined && isLonger(data, askBytes)) return noAnswer('call/failed', asked)
  const payload = data !== undefined && { data }
  if (is === 'last') return { is: 'value', ...payload }
  return error === undefined ? noAnswer('call/failed', asked) : { is: 'error', error, ...payload }
}

const stranger = (member: Member, asks: NodeAsks, generation: number): Registered => ({
  member,
  names: [],
  answerer: { ask: () => 'call/gone', cancel: () => undefined },
  row: asks.rows.announce(member, generation),
})

const questionOf = ({ id, name, kind, data, from, at }: Asked, ch: number, room: string, now: number): Question => ({
  t: 'call',
  ch,
  id,
  name,
  kind,
  room,
  ...(data !== undefined && { data: JSON.parse(data) as unknown }),
  withinMs: Math.max(0, Math.ceil(at - now)),
  ...(from && { from }),
})
