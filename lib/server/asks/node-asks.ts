import type { Context } from '../context.js'
import { ANSWERS } from '../../protocol/frame.js'
import { refusal } from '../refusal.js'
import type { NodeLease } from '../tables/lease.js'
import type { Tables } from '../tables/model.js'
import { type Presence, presence } from '../tables/presence.js'
import { type Replica, replica } from '../tables/replica.js'
import { type Answerers, answerers } from './answerers.js'
import { type Asking, asking, type AskReceiver } from './asking.js'
import { inbox } from './inbox.js'
import type { Asked, Order } from './question.js'
import type { NodeSignal } from './signals.js'

/** The calls to members that this server makes and answers. */
export interface NodeAsks extends Pick<Answerers, 'add' | 'remove' | 'answered'> {
  /** The rows of those who answer at this server. */
  readonly rows: Presence
  /** Returns the name under which other servers reach this one. */
  readonly server: () => string
  /** Calls `then` once questions of other servers arrive here. */
  readonly opened: (then: () => void) => void
  /** Asks the members of a room. The returned function ends it. */
  readonly ask: (order: Order, to: AskReceiver) => () => void
  /** Returns true while there are rows or calls. */
  readonly isActive: () => boolean
  readonly again: () => void
  readonly close: () => void
}

/** Those who answer in a room, while it is asked. */
interface Followed {
  readonly copy: Replica
  readonly askings: Set<Asking>
}

export const nodeAsks = (context: Context, tables: Tables, lease: NodeLease): NodeAsks => {
  const { settings, time, now } = context
  const rows = presence(context, tables, lease, ANSWERS)
  const local = answerers(context)
  const underWay = new Map<string, Asking>()
  const followed = new Map<string, Followed>()

  const take = (signal: NodeSignal, from: string): void => {
    switch (signal.t) {
      case 'ask': {
        const { t: _, to, withinMs, ...asked } = signal
        local.deliver({ ...asked, at: now() + withinMs }, to, (key, answer) => {
          mail.send(from, { t: 'answer', id: asked.id, key, answer })
        })
        break
      }
      case 'answer':
        underWay.get(signal.id)?.answered(signal.key, signal.answer)
        break
      case 'cancel':
        local.cancel(signal.id)
        break
    }
  }
  const mail = inbox(context, lease.name, take)

  const send = (asked: Asked, server: string, to: readonly string[]): void => {
    const { at, ...rest } = asked
    if (server === lease.name())
      local.deliver(asked, to, (key, answer) => {
        underWay.get(asked.id)?.answered(key, answer)
      })
    else mail.send(server, { t: 'ask', ...rest, to, withinMs: Math.max(0, Math.ceil(at - now())) })
  }
  const follow = (room: string): Followed => {
    const known = followed.get(room)
    if (known) return known
    const askings = new Set<Asking>()
    const copy = replica(context, tables, { of: ANSWERS, room }, () => {
      for (const each of [...askings]) each.changed()
    })
    const made: Followed = { copy, askings }
    followed.set(room, made)
    return made
  }
  const unfollow = (room: string, asking: Asking): void => {
    const known = followed.get(room)
    known?.askings.delete(asking)
    if (!known || known.askings.size > 0) return
    known.copy.close()
    followed.delete(room)
  }
  return {
    ...local,
    rows,
    server: lease.name,
    opened: mail.open,
    ask: ({ until, ...order }, to) => {
      lease.hold()
      const asked: Asked = { ...order, id: settings.ids() }
      const { id, room } = asked
      const of = follow(room)
      const made = asking({
        asked,
        until,
        // Answers of other servers arrive once the inbox is open.
        table: () => (mail.isOpen() ? of.copy.table() : undefined),
        isReachable: (server) => server === lease.name() || settings.engine.signal !== undefined,
        send: (server, keys) => {
          send(asked, server, keys)
        },
        cancel: (server) => {
          if (server === lease.name()) local.cancel(id)
          else mail.send(server, { t: 'cancel', id })
        },
        to,
        ended: () => {
          late.cancel()
          underWay.delete(id)
          unfollow(room, made)
        },
      })
      const late = time.at(asked.at, made.late)
      underWay.set(id, made)
      of.askings.add(made)
      mail.open(made.changed)
      return made.stop
    },
    isActive: () => rows.isActive() || underWay.size > 0,
    again: rows.again,
    close: () => {
      for (const each of [...underWay.values()]) each.fail(refusal('call/unavailable'))
      local.close()
      rows.close()
      mail.close()
    },
  }
}
