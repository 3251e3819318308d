import { gap, type Gap } from '../core/position.js'
import type { Extension } from '../kernel/extension.js'
import type { Kernel } from '../kernel/kernel.js'
import { gapError } from './deliver.js'
import type { MovingAddresses } from './early-joins.js'
import type { RoomHooks } from './hooks.js'
import { type Interest, interest } from './interest.js'
import { type Joins, joins } from './joins.js'
import { members, type Members } from './members.js'
import { messages } from './messages.js'
import { poisonDetector } from './poison-detector.js'
import type { RoomRecord } from './record.js'
import { roomSinks, type Sinks } from './sinks.js'

/** All rooms of a client: their holds, their states, and their messages. Call in a turn. */
export interface Rooms extends Extension {
  readonly interest: Interest
  readonly members: Members
  readonly sinks: Sinks
  /** The numbers of joins and of other requests on the present link. */
  readonly joins: Pick<Joins, 'at' | 'allot' | 'rejoin'>
  /** True if a join of this room waits for its answer. */
  readonly isJoining: (name: string) => boolean
  /** True for a session of this client. */
  readonly own: (session: string) => boolean
  /** Adds the hooks of an extension. */
  readonly use: (hooks: RoomHooks) => void
  /** The intake of messages: `stop` ends it, and later frames are ignored. */
  readonly intake: { readonly isOpen: () => boolean; readonly stop: () => void }
}

export const rooms = (kernel: Kernel, own: (session: string) => boolean, early?: MovingAddresses['early']): Rooms => {
  const { turns, config } = kernel

  const hooks: RoomHooks[] = []
  const sinks = roomSinks(turns)
  let intake: 'open' | 'stopped' = 'open'

  const tellGap = (room: RoomRecord, missing: Gap, isFirst: boolean): void => {
    kernel.diagnostics.counters.gaps++
    kernel.diagnostics.log?.room(gapError(missing))
    sinks.gap(room, missing, isFirst)
  }
  const poisonDetection = poisonDetector((room, { epoch, offset }) => {
    room.offset++
    const { offset: next } = room
    tellGap(room, gap(room.name, { epoch, offset }, { epoch, offset: next }, 'too-large'), false)
  })
  const linked = joins(
    {
      joinMs: config.deadlines.joinMs,
      backoff: config.backoff,
      random: config.random,
      retries: kernel.retries,
      deadlines: kernel.deadlines,
      changed: (room) => {
        memberships.changed(room)
      },
      missed: tellGap,
      start: (room) => hooks.map(({ start }) => start?.(room)).find((start) => start !== undefined),
      joined: (room, answer, start) => {
        for (const { joined } of hooks) joined?.(room, answer, start)
      },
      refused: (room, because) => {
        kernel.diagnostics.log?.room(because)
        for (const { refused } of hooks) refused?.(room, because)
        sinks.fail(room, because)
      },
      waits: poisonDetection.isHeldBack,
      early,
    },
    kernel.present.write,
  )
  const interested = interest({
    lingerMs: config.lingerMs,
    deadlines: kernel.deadlines,
    wanted: (room) => {
      linked.want(room)
      kernel.send({ _tag: 'Need' })
    },
    unwanted: (room) => {
      linked.leave(room)
      for (const { forget } of hooks) forget?.(room)
      interested.forget(room)
    },
  })
  const memberships = members(turns, interested, linked)
  const message = messages({ turns, counters: kernel.diagnostics.counters, own, joins: linked, gap: tellGap })

  return {
    interest: interested,
    members: memberships,
    sinks,
    joins: linked,
    own,
    use: (more) => {
      hooks.push(more)
    },
    isJoining: (name) => {
      const have = interested.known(name)?.have
      return have === 'Wanted' || have === 'Joining'
    },
    intake: {
      isOpen: () => intake === 'open',
      stop: () => {
        intake = 'stopped'
      },
    },
    frames: {
      m: (frame, link) => {
        link.handled++
        if (intake === 'open') message(frame, link.codec.payload)
      },
      joined: linked.joined,
      left: linked.left,
      waiting: linked.waiting,
      granted: linked.granted,
      gap: (frame) => {
        if (intake === 'open') linked.gap(frame)
      },
    },
    greet: (bytes) => {
      const { present } = kernel
      const generation = present.welcome() && present.greeting()?.generation
      return {
        rooms:
          generation && linked.early
            ? linked.early.take(generation, interested.all(), bytes)
            : linked.take({ joinsPerFrame: Infinity, bytesPerFrame: Infinity }, bytes),
      }
    },
    write: (link) => {
      if (linked.pending()) linked.take(link, Infinity).forEach(link.control)
    },
    part: (link) => {
      if ([...interested.all()].some(({ have }) => have === 'In')) link.control({ t: 'quit' })
    },
    down: ({ poison }) => {
      const isBlamed = poison === 'received' && poisonDetection.linkClosed(interested.all())
      linked.reset(interested.all(), kernel.present.link()?.generation)
      return isBlamed
    },
    halt: memberships.halt,
    close: (because) => {
      interested.close()
      for (const room of interested.all()) sinks.complete(room)
      memberships.close(because)
    },
  }
}
