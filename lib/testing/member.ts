import { NEVER, noop, type SchedulerLike, type Subscription } from 'rxjs'
import * as E from '#fp/Either'
import type { Client } from '../client/client.js'
import type { Askable } from '../contract/call-answer.js'
import { type AnyContract, anything, contract } from '../contract/contract.js'
import { openCalls } from '../contract/open-calls.js'
import type { WebSocketError } from '../core/error.js'
import type { MemberHandler } from '../features/calls/index.js'
import { events } from '../features/events/index.js'
import { leader } from '../features/leader/index.js'
import { creation } from '../features/room-life/index.js'
import type { Target } from '../protocol/target.js'
import type { GivenProperties } from '../protocol/room-info.js'
import { presence } from '../features/presence/index.js'
import type { Message } from '../rooms/message.js'
import { show } from './compare.js'
import { type AnsweredCall, type MemberAnswerOptions, memberAnswers } from './member-answers.js'
import type { Transcript } from './transcript.js'

/** Another user of the same server, whom the test controls. Each action happens at the call. */
export interface Member {
  readonly user: string
  /** Joins a room and stays in it until `leave`. */
  readonly join: (room: string) => RoomMember
  /** Creates a room, visible unless said otherwise: for clients under test that use the directory or the life of rooms. */
  readonly create: (room: string, properties?: GivenProperties) => Member
  /** Sends an event to all users, to one or to a room: `'all'`, `{ user: 'ana' }`. Needs the permission `publish` there. */
  readonly broadcast: (to: Target, event: string, data?: unknown) => Member
  /** Returns the same member, with actions that happen at that moment, in ms of the scheduler's clock. */
  readonly at: (ms: number) => Member
  /** The errors so far: refused joins, gaps, and messages that the server refused or did not get. */
  readonly failures: readonly WebSocketError[]
  /** Closes the member for good and releases its resources; `server.member` then makes a new member of that name. */
  readonly close: () => void
}

/** A member in a room. */
export interface RoomMember {
  readonly user: string
  readonly room: string
  /** Publishes a message. Event and data must follow the contract of the clients under test: nothing checks them here. */
  readonly say: (event: string, data?: unknown) => RoomMember
  /** Shows the member to others in the room, with a state: for clients under test that use presence. */
  readonly present: (state?: unknown) => RoomMember
  /** Makes the member a candidate for the leader of the room, until it leaves: for clients under test that use `leader`. */
  readonly lead: () => RoomMember
  /**
   * Answers a call of other members and of the server, until it leaves: for clients under test that ask. The handler gives an
   * answer as that of `room.answer` does, at once or `afterMs` later. Of several handlers of one name the last one answers.
   */
  readonly answer: <C extends AnyContract, K extends Askable<C['calls']>>(
    contract: C,
    call: K,
    handler: MemberHandler<C['calls'][K]>,
    options?: MemberAnswerOptions,
  ) => RoomMember
  /** Takes a call of other members and of the server, and never answers it, until it leaves. */
  readonly ignore: (call: string) => RoomMember
  readonly leave: () => RoomMember
  /** Returns the same, with actions that happen at that moment, in ms of the scheduler's clock. */
  readonly at: (ms: number) => RoomMember
  /** The messages received so far, also its own, in order. */
  readonly heard: readonly Message<unknown>[]
}

/** The dependencies of `member`. */
export interface MemberParts {
  readonly user: string
  /** A client with a connection of its own. */
  readonly client: Client
  readonly transcript: Transcript
  readonly scheduler: SchedulerLike
  /** Schedules an action of the test. */
  readonly plan: (ms: number, act: () => void) => void
  /** Called when the member closes. */
  readonly gone: () => void
}

type When = (act: () => void) => void

/** The acts of a member that last no longer than their call. */
const actsOf = (client: Client, note: (what: string) => void, failed: (error: WebSocketError) => void) => ({
  create: (name: string, properties: GivenProperties): void => {
    note(`creates ${name}`)
    creation(client)
      .create({ ...properties, name })
      .subscribe(E.match(failed, noop))
  },
  present: (name: string, state: unknown): void => {
    note(`is present in ${name} with ${show(state)}`)
    presence(client.room(name, anything)).me.set(state).subscribe(E.match(failed, noop))
  },
  broadcast: (to: Target, event: string, data: unknown): void => {
    note(`broadcasts ${event} ${show(data)} to ${show(to)}`)
    events(anything)(client).broadcast(event, data, { to }).subscribe(E.match(failed, noop))
  },
})

/** Makes a member from an ordinary client: the server handles its actions like those of any client. */
export const member = ({ user, client, transcript, scheduler, plan, gone }: MemberParts): Member => {
  const failures: WebSocketError[] = []
  const heard = new Map<string, Message<unknown>[]>()
  const holds = new Map<string, Subscription>()
  const note = (what: string): void => {
    transcript.note('server', user, what)
  }
  const failed = (error: WebSocketError): void => {
    failures.push(error)
    note(`fails: ${error.code}`)
  }
  const heardIn = (name: string): Message<unknown>[] => {
    const known = heard.get(name) ?? []
    heard.set(name, known)
    return known
  }
  const join = (name: string): void => {
    if (holds.has(name)) return
    note(`joins ${name}`)
    const messages$ = client.room(name, anything).messages()
    holds.set(name, messages$.subscribe(E.match(failed, (message) => heardIn(name).push(message))))
  }
  const say = (name: string, event: string, data: unknown): void => {
    note(`says ${event} ${show(data)} in ${name}`)
    client.room(name, anything).post(event, data).subscribe(E.match(failed, noop))
  }
  const { create, broadcast, present } = actsOf(client, note, failed)
  const lead = (name: string): void => {
    note(`stands as a candidate in ${name}`)
    holds.get(name)?.add(leader(client.room(name, anything)).leadership$.subscribe(E.match(failed, noop)))
  }
  const answers = memberAnswers(client, scheduler)
  const answer = (name: string, of: AnsweredCall, options: MemberAnswerOptions = {}): void => {
    note(`answers ${of.call} in ${name}`)
    holds.get(name)?.add(answers(name, of, options).subscribe(E.match(failed, noop)))
  }
  const leave = (name: string): void => {
    note(`leaves ${name}`)
    holds.get(name)?.unsubscribe()
    holds.delete(name)
  }

  const later =
    (ms: number): When =>
    (act) => {
      plan(ms, act)
    }
  const inRoom = (room: string, when: When): RoomMember => {
    const self: RoomMember = {
      user,
      room,
      heard: heardIn(room),
      at: (ms) => inRoom(room, later(ms)),
      say: (event, data) => {
        when(() => {
          say(room, event, data)
        })
        return self
      },
      present: (state = {}) => {
        when(() => {
          present(room, state)
        })
        return self
      },
      lead: () => {
        when(() => {
          lead(room)
        })
        return self
      },
      answer: (of, call, handler, options) => {
        when(() => {
          answer(room, { contract: of, call, handler }, options)
        })
        return self
      },
      ignore: (call) => self.answer(contract({ calls: { [call]: openCalls.query } }), call, () => NEVER),
      leave: () => {
        when(() => {
          leave(room)
        })
        return self
      },
    }
    return self
  }
  const anywhere = (when: When): Member => ({
    user,
    failures,
    at: (ms) => anywhere(later(ms)),
    broadcast: (to, event, data) => {
      when(() => {
        broadcast(to, event, data)
      })
      return anywhere(when)
    },
    create: (room, properties = {}) => {
      when(() => {
        create(room, properties)
      })
      return anywhere(when)
    },
    join: (room) => {
      when(() => {
        join(room)
      })
      return inRoom(room, when)
    },
    close: () => {
      when(() => {
        void client.close({ drainMs: 0 })
        gone()
      })
    },
  })
  return anywhere((act) => {
    act()
  })
}
