import type { Context } from './context.js'
import type { Signal } from './engine.js'
import { isListed } from './directory/row.js'
import type { Lives } from './life/lives.js'
import { closeFeed, openFeed } from './room-feed.js'
import { admitWaiting, isReady, type Member, type Outlet, type Room, spread } from './room.js'

/** The rooms with members on this node. */
export interface Rooms {
  /** Makes a session a member, still joining. The first member of a room opens its feed. */
  readonly enter: (name: string, outlet: Outlet, ch: number) => Member
  /** An open room has a life from now on. */
  readonly live: (name: string) => void
  /** Returns true for an open room without a life: nobody has created it, and nothing is ordered about its users. */
  readonly isFree: (name: string) => boolean
  /** Calls `then` once the room is open, or with `false` after `answerMs`. */
  readonly opened: (member: Member, then: (open: boolean) => void) => void
  /** A member has joined. */
  readonly joined: (member: Member) => void
  /** Ends a membership. The last member of a room closes its feed. */
  readonly leave: (member: Member) => void
  /** Returns the members of a room on this node. */
  readonly membersOf: (name: string) => readonly Member[]
  /** Returns true where a member on this node is in a room, and not only about to join it. */
  readonly isIn: (name: string) => boolean
  /** Delivers a signal to members on this node. */
  readonly spread: (name: string, signal: Signal) => void
  /** Closes every feed. */
  readonly close: () => void
}

/**
 * `lives` has the life of each room; `undefined` where the engine has no tables. `touched` is called when the members of a
 * listed room change.
 */
export const rooms = (context: Context, lives: Lives | undefined, touched: (room: string) => void): Rooms => {
  const { time, count, settings } = context
  const open = new Map<string, Room>()
  let numbers = 0
  const told = ({ name, life }: Room): void => {
    if (isListed(life?.record)) touched(name)
  }

  /** Uses the life of an open room from now on, because it has one. */
  const live = (room: Room): void => {
    if (room.life || !lives || open.get(room.name) !== room) return
    // A feed that was lost may tell of the life when it is followed again: then there are members too.
    const isUsed = [...room.members].some(({ phase }) => phase !== 'joining')
    const life = lives.use(room.name, () => {
      if (isUsed) lives.began(life)
      admitWaiting(room)
    })
    room.life = life
    if (isUsed && life.isKnown()) lives.began(life)
  }

  /** Calls `then` once the life of an open room is current, at once where it has none. */
  const current = ({ name, life }: Room, then: (open: boolean) => void): void => {
    if (!life || !lives) then(true)
    else
      lives.read(name, (read) => {
        then(read !== undefined)
      })
  }

  return {
    live: (name) => {
      const room = open.get(name)
      if (room) live(room)
    },
    isFree: (name) => {
      const room = open.get(name)
      return room?.isOpen === true && room.life === undefined
    },
    enter: (name, outlet, ch) => {
      let room = open.get(name)
      const isNew = !room
      if (!room) {
        room = freshRoom(name, ++numbers)
        open.set(name, room)
        count.rooms++
      }
      const member: Member = { room, ch, outlet, epoch: '', offset: 0, since: 0, phase: 'joining' }
      room.members.add(member)
      count.members++
      if (isNew) {
        const made = room
        openFeed(context, made, () => {
          live(made)
        })
      }
      return member
    },
    opened: ({ room }, then) => {
      if (isReady(room)) {
        current(room, then)
        return
      }
      const late = time.after(settings.answerMs, () => {
        if (room.waiting.delete(ready)) then(false)
      })
      const ready = (): void => {
        late.cancel()
        current(room, then)
      }
      room.waiting.add(ready)
    },
    joined: ({ room }) => {
      told(room)
    },
    leave: (member) => {
      const { room } = member
      member.phase = 'left'
      if (!room.members.delete(member)) return
      count.members--
      told(room)
      if (room.life?.isTimed()) lives?.occupied(room.life)
      if (room.members.size > 0) return
      open.delete(room.name)
      count.rooms--
      closeFeed(room)
      if (room.life) lives?.release(room.life)
    },
    isIn: (name) => {
      for (const { phase } of open.get(name)?.members ?? []) if (phase !== 'joining') return true
      return false
    },
    membersOf: (name) => [...(open.get(name)?.members ?? [])],
    spread: (name, signal) => {
      const room = open.get(name)
      if (room) spread(room, signal, count)
    },
    close: () => {
      for (const room of open.values()) closeFeed(room)
      open.clear()
    },
  }
}

const freshRoom = (name: string, number: number): Room => ({
  name,
  number,
  members: new Set(),
  epoch: '',
  first: 1,
  cursor: 0,
  head: 0,
  isOpen: false,
  waiting: new Set(),
  feed: undefined,
  life: undefined,
})
