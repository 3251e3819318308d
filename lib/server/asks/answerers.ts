import type { Cancel, Context } from '../context.js'
import { type Asked, type MemberAnswer, noAnswer } from './question.js'

/** A client in a room that answers calls. */
export interface Answerer {
  /** Writes a question. Returns the code of the reason why the client does not get it. */
  readonly ask: (asked: Asked) => string | undefined
  readonly cancel: (id: string) => void
}

/** The clients of this server that answer calls in rooms, and the questions that they have not answered. */
export interface Answerers {
  readonly add: (room: string, key: string, answerer: Answerer) => void
  readonly remove: (room: string, key: string, answerer: Answerer) => void
  /** Asks members. Calls `reply` once for each, also at once; none after `cancel` or the deadline. */
  readonly deliver: (asked: Asked, keys: readonly string[], reply: (key: string, answer: MemberAnswer) => void) => void
  /** Takes the answer of a member; a second one, and one to a question that is over, has no effect. */
  readonly answered: (id: string, key: string, answer: MemberAnswer) => void
  /** The answers are no longer wanted. */
  readonly cancel: (id: string) => void
  readonly close: () => void
}

/** A question whose answers are not all there. */
interface Open {
  readonly members: Map<string, Answerer>
  readonly reply: (key: string, answer: MemberAnswer) => void
  readonly late: Cancel
}

const nameOf = (room: string, key: string): string => `${room.length}:${room}${key}`

export const answerers = (context: Context): Answerers => {
  const all = new Map<string, Answerer>()
  const open = new Map<string, Open>()

  const cancel = (id: string): void => {
    const known = open.get(id)
    if (!open.delete(id) || !known) return
    known.late()
    for (const answerer of known.members.values()) answerer.cancel(id)
  }
  const answered = (id: string, key: string, answer: MemberAnswer): void => {
    const known = open.get(id)
    if (!known?.members.delete(key)) return
    if (known.members.size === 0) {
      open.delete(id)
      known.late()
    }
    known.reply(key, answer)
  }
  return {
    add: (room, key, answerer) => {
      all.set(nameOf(room, key), answerer)
    },
    remove: (room, key, answerer) => {
      const name = nameOf(room, key)
      if (all.get(name) === answerer) all.delete(name)
    },
    deliver: (asked, keys, reply) => {
      const { id, room, at } = asked
      const members = new Map<string, Answerer>()
      const refused: [key: string, code: string][] = []
      for (const key of keys) {
        const answerer = all.get(nameOf(room, key))
        const because = answerer ? answerer.ask(asked) : 'call/gone'
        if (answerer && because === undefined) members.set(key, answerer)
        else refused.push([key, because ?? 'call/gone'])
      }
      if (members.size > 0) {
        const late = context.time.at(at, () => {
          cancel(id)
        })
        open.set(id, { members, reply, late: late.cancel })
      }
      for (const [key, code] of refused) reply(key, noAnswer(code, asked, false))
    },
    answered,
    cancel,
    close: () => {
      for (const id of [...open.keys()]) cancel(id)
    },
  }
}
