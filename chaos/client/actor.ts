import * as E from '#fp/Either'
import type { Client } from '../../lib/client/client.js'
import type { ClientOptions } from '../../lib/client/options.js'
import type { Room } from '../../lib/client/room.js'
import type { Result } from '../../lib/core/result.js'
import type { Message } from '../../lib/rooms/message.js'
import type { Write } from '../history/write.js'
import { events, type Target } from '../../lib/features/events/index.js'
import { eventRooms, type Named, plainEpoch, roomOf } from './hearing.js'
import { benches as benchesOf } from './benches.js'
import { councils as councilsOf } from './councils.js'
import { roomLife } from '../../lib/features/room-life/index.js'
import { type Measure, measures } from '../orders/measures.js'
import { meetings as meetingsOf } from './meetings.js'
import { registry as registryOf } from './registry.js'
import { type Living, Notes, type Payload, recorder } from './recorder.js'
import { wire } from './tap.js'
import { trades as tradesOf, type TradesNeeds } from './trades.js'

/** How a message is sent. `term`: that of a leader. */
export interface Saying {
  readonly owned: boolean
  readonly poison?: boolean
  readonly term?: number
}

/** One life of one client, which writes down all that happens to it. */
export interface Actor extends Living {
  /** Sends to a room, about `size` bytes; `owned`: by `send`, whose answer the caller owns, else by `post`. */
  readonly say: (room: string, size: number, how: Saying) => void
  /** Sends to all users, or to one. */
  readonly tell: (to: Target) => void
  /** Messages that are not settled. */
  readonly open: () => number
  readonly client: Client
  /** Changes something at random in a room whose members it watches, that it may lead, or that has seats. */
  readonly meet: (random: () => number) => void
  /** Calls something, or answers calls, in a room for that; without one, nothing. */
  readonly trade: (random: () => number) => void
  /** Gives an order, which it may do in rooms that it moderates. */
  readonly order: (measure: Measure) => void
  /** Begins nothing more by itself. */
  readonly settle: () => void
  /** Writes down these rooms as they are at the end. */
  readonly rest: () => void
  /** Nothing more is written down: as if the process were gone. */
  readonly die: () => void
}

/** Makes the client with these options and whatever else it takes. */
export type Make = (options: Required<Pick<ClientOptions, 'ids'>>, wrap: ReturnType<typeof wire>['wrap']) => Client

export interface ActorNeeds {
  /** Unique, `client.life`. */
  readonly life: string
  readonly write: Write
  readonly now: () => number
  /** Rooms to listen to. */
  readonly reads: readonly string[]
  /** It has a store, and what it left in an earlier life goes on in this one. */
  readonly isStored?: boolean
  readonly make: Make
  /** Rooms whose members and shared state to watch and to change. */
  readonly meets?: readonly string[]
  /** Rooms that it may lead. */
  readonly leads?: readonly string[]
  /** Rooms with a capacity that it enters and leaves. */
  readonly sits?: readonly string[]
  /** The prefix of the names of rooms that it creates; without it, it creates none. */
  readonly makes?: string | undefined
  /** Its user, as who it hears of events; without it, it hears of none. */
  readonly hears?: string | undefined
  /** The room of its calls, and their time; without it, it makes none. */
  readonly trades?: Pick<TradesNeeds, 'room' | 'scheduler'> | undefined
  readonly later: (task: () => void, ms: number) => void
}

/** Begins a life: one stream to each room. */
export const actor = ({
  life,
  write: writeAlways,
  now,
  reads,
  isStored = false,
  make,
  meets = [],
  leads = [],
  sits = [],
  makes,
  hears,
  trades,
  later,
}: ActorNeeds): Actor => {
  const positions: Record<string, readonly [string, number]> = {}
  let count = 0
  let dead = false
  const write: Write = Object.assign(
    (record: Parameters<Write>[0]) => {
      if (!dead) writeAlways(record)
    },
    { flush: writeAlways.flush },
  )
  const nameOf = (number: number): string => `${life}-${number.toString(36)}`
  const sources = [
    ...reads.map((name): Named => ({ name, room: name })),
    ...(hears === undefined ? [] : eventRooms(hears)),
  ]
  const streams = new Map(sources.map((source, stream) => [source.name, { ...source, stream }]))
  const moved = ({ name, room }: Named, epoch: string, offset: number): void => {
    positions[room] = [epoch, offset]
    tapped.reached(name, epoch, offset)
  }
  const tapped = wire(write, now, (name, epoch, offset) => {
    const source = streams.get(name)
    if (!source) return
    write(['began', now(), source.stream, plainEpoch(source.room, epoch), offset])
    moved(source, epoch, offset)
  })
  const client = make({ ids: () => nameOf(++count) }, tapped.wrap)
  const handles = new Map<string, Room<typeof Notes>>()
  const handle = (name: string): Room<typeof Notes> => {
    const known = handles.get(name) ?? client.room(name, Notes)
    handles.set(name, known)
    return known
  }
  const { life$, counts, sent, settled, open, oldestAt, isOnline } = recorder({ client, life, write, now, isStored })

  const take = (result: Result<Message<Payload>>): void => {
    const name = E.isRight(result) ? result.right.room : 'room' in result.left ? result.left.room : ''
    const source = streams.get(name)
    if (!source) {
      write(['fault', now(), 'Stream', `something of ${name}, which it does not read`])
      return
    }
    const { stream, room } = source
    if (E.isRight(result)) {
      const { position, id, data } = result.right
      counts.delivered++
      write(['delivered', now(), stream, plainEpoch(room, position.epoch), position.offset, id, data.id])
      moved(source, position.epoch, position.offset)
    } else if (result.left._tag === 'RoomError' && result.left.gap) {
      const { from, to, because } = result.left.gap
      const [before, after] = [from, to].map(({ epoch, offset }) => [plainEpoch(room, epoch), offset] as const)
      if (before && after) write(['gap', now(), stream, before, after, because])
      moved(source, to.epoch, to.offset)
    } else write(['told', now(), stream, result.left.code, result.left.kind])
  }
  for (const { stream, room } of streams.values()) write(['opened', now(), stream, room])
  for (const room of reads) life$.add(handle(room).on('note').subscribe(take))
  const announcer = client.with(events(Notes))
  if (hears !== undefined) life$.add(announcer.on('note').subscribe(take))

  const say: Actor['say'] = (room, size, { owned, poison, term }) => {
    const id = nameOf(count + 1)
    const payload: Payload = {
      id,
      ...(size > 0 ? { pad: 'x'.repeat(size) } : {}),
      ...(poison === true ? { poison } : {}),
    }
    if (term !== undefined) write(['termed', now(), id, term])
    sent(id, room)
    const result$ = handle(room)[owned ? 'send' : 'post']('note', payload, { term })
    life$.add(
      result$.subscribe((result) => {
        settled(id, result)
      }),
    )
  }

  const tell: Actor['tell'] = (to) => {
    const id = nameOf(count + 1)
    const room = roomOf(to)
    sent(id, room)
    life$.add(
      announcer.broadcast('note', { id }, { to }).subscribe((result) => {
        settled(id, result)
      }),
    )
  }

  const meetings = meetingsOf({ client, life, write, now, rooms: meets, later })
  const councils = councilsOf({
    client,
    write,
    now,
    rooms: leads,
    say: (room, term) => {
      say(room, 0, { owned: !isStored, term })
    },
  })
  const benches = benchesOf({ client, write, now, rooms: sits })
  const registry = makes === undefined ? [] : [registryOf({ client, life, write, now, prefix: makes })]
  const order = measures({ get: (room) => handle(room).with(roomLife) }, life, write, now)
  const company = [meetings, councils, benches, ...registry]
  const market = trades && tradesOf({ client, life, write, now, ...trades })
  for (const { end } of [...company, ...(market ? [market] : [])]) life$.add(end)
  /** Most of the time it is a meeting. */
  const turns = [
    meetings,
    meetings,
    meetings,
    ...(leads.length > 0 ? [councils] : []),
    ...(sits.length > 0 ? [benches] : []),
    ...registry,
  ]

  return {
    client,
    meet: (random) => {
      turns[Math.floor(random() * turns.length)]?.act(random)
    },
    trade: (random) => market?.act(random),
    settle: meetings.settle,
    rest: () => {
      for (const { rest } of company) rest()
    },
    say,
    tell,
    order,
    open,
    oldestAt,
    counts: () => counts,
    isOnline,
    positions: () => positions,
    end: () => {
      write(['ended', now()])
      write.flush()
      dead = true
      client.close().subscribe()
      return Promise.resolve()
    },
    die: () => {
      dead = true
    },
  }
}
