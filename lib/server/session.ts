import { type Join, SIGNALS } from '../protocol/frame.js'
import { joinsOf } from '../protocol/joins.js'
import { billed } from './context.js'
import { histories } from './history.js'
import { joining } from './joining.js'
import type { Meter } from './meter.js'
import type { Credentials, Identity } from './options.js'
import { publishing } from './publishing.js'
import { reader } from './reader.js'
import { refusal, type RefusalCode } from './refusal.js'
import { renewal } from './renewal.js'
import { permissionsOf } from './permissions.js'
import type { Member, Outlet } from './room.js'
import type { Worker } from './worker.js'
import type { Session, Shared } from './connections.js'
import { signalling } from './signalling.js'
import { seenNumbers } from './seen-numbers.js'
import type { Writer } from './writer.js'
import type { Codec } from '../protocol/codec.js'

/** The parts of a session. */
export interface SessionParts {
  readonly id: string
  readonly identity: Identity
  readonly credentials: Omit<Credentials, 'token'>
  /** The client's optional capabilities. */
  readonly can: readonly string[]
  readonly codec: Codec
  readonly writer: Writer
  readonly budget: Meter
  readonly isFenced: () => boolean
  /** Ends the connection. */
  readonly fatal: (code: RefusalCode) => void
}

/** Number of rooms above the maximum of a session, whose permissions the server remembers for publishing. */
const spareRights = 1_000

export const session = (shared: Shared, parts: SessionParts): Session => {
  const { fairScheduler, rooms, publisher } = shared
  const { identity, writer, codec, credentials, budget } = parts
  const context = billed(shared.context, budget.owner)
  const { settings } = context
  const { user } = identity
  const channels = seenNumbers()
  let joins = 0
  let turn = 0

  /** Runs the worker whose turn it is, then the others. */
  const worker: Worker = {
    hasWork: () => workers.some((each) => each.hasWork()),
    step: () => {
      turn++
      return workers.some((_, at) => workers[(at + turn) % workers.length]?.step())
    },
  }
  /** Set by the parts; cleared once none has work. */
  let mayWork = false
  const goOn = (): void => {
    if (!mayWork) return
    mayWork = worker.hasWork()
    if (mayWork) fairScheduler.wake(worker, budget.owner())
  }
  const wake = (): void => {
    mayWork = true
    goOn()
  }
  const pages = reader(context, { writer, budget, wake })
  const fallBehind = (member: Member): void => {
    mayWork = true
    pages.fallBehind(member)
  }
  const takesSignals = parts.can.includes(SIGNALS)
  const outlet: Outlet = { user, session: parts.id, takesSignals, codec, writer, fallBehind }
  const permissions = permissionsOf(context, user, identity.roles ?? [], settings.limits.rooms + spareRights)
  const members = joining(context, {
    outlet,
    rights: permissions,
    rooms,
    reader: pages,
    tellsGrants: parts.can.includes('granted'),
    budget,
    wake,
  })
  const past = histories(context, { outlet, rights: permissions, budget, wake })
  const workers: readonly Worker[] = [members, pages, past]
  const sending = publishing(context, {
    outlet,
    rights: permissions,
    publisher,
    isFenced: parts.isFenced,
    budget,
  })
  const expire = (): void => {
    parts.fatal('auth/expired')
  }
  const signals = signalling(context, { outlet, rights: permissions, rooms, budget, at: members.at })
  const token = renewal(context, {
    identity,
    credentials,
    writer,
    budget,
    renewed: ({ roles }) => {
      permissions.renew(roles ?? [])
      members.recheck()
    },
    expired: expire,
  })
  const seen = (messages: number): void => {
    writer.seen(messages)
    goOn()
  }

  const join = (frame: Join): void => {
    if (channels.add(frame.ch)) members.join(frame)
    else parts.fatal('protocol/channel')
  }

  /** Joins a room after the hello. */
  const later = (frame: Join): void => {
    if (++joins <= settings.limits.joinsPerFrame) join(frame)
    else {
      budget.refused('room/joins')
      writer.control({ t: 'left', ch: frame.ch, ...refusal('room/joins') })
    }
  }

  if (parts.can.includes('seen')) writer.limitUnseen(settings.limits.unseenBytes)

  return {
    user,
    begin: () => {
      joins = 0
    },
    joinAll: (frames) => {
      frames.forEach(join)
    },
    take: (frame) => {
      if (!('t' in frame)) {
        if (frame[0] === 'p') sending.publish(frame)
        else signals.take(frame)
        return
      }
      switch (frame.t) {
        case 'join':
          later(frame)
          break
        case 'joins':
          joinsOf(frame).forEach(later)
          break
        case 'leave':
          members.leave(frame.ch)
          past.leave(frame.ch)
          break
        case 'history':
          if (channels.add(frame.ch)) past.ask(frame)
          else parts.fatal('protocol/channel')
          break
        case 'auth':
          token.auth(frame)
          break
        case 'seen':
          seen(frame.n)
          break
        case 'pong':
          if (frame.seen !== undefined) seen(frame.seen)
          break
      }
    },
    wake: goOn,
    expel: members.expel,
    expire,
    unanswered: () => sending.unanswered() + members.unanswered() + past.unanswered() + (token.isPending() ? 1 : 0),
    close: () => {
      token.close()
      sending.close()
      members.close()
      past.close()
      permissions.close()
    },
  }
}
