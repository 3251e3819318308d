import * as E from '#fp/Either'
import { Subscription } from 'rxjs'
import { backoff, defaultBackoff } from '../core/backoff.js'
import { guard, thrownText } from '../core/guard.js'
import type { Context } from './context.js'
import type { Base, Feed, Signal } from './engine.js'
import { deliver, lose, type Member, type Outlet, type Room, spread } from './room.js'

/** The rooms with members on this node. */
export interface Rooms {
  /** Makes a session a member, still joining. The first member of a room opens its feed. */
  readonly enter: (name: string, outlet: Outlet, ch: number) => Member
  /** Calls `then` once the room is open, or with `false` after `answerMs`. */
  readonly opened: (member: Member, then: (open: boolean) => void) => void
  /** Ends a membership. The last member of a room closes its feed. */
  readonly leave: (member: Member) => void
  /** Delivers a signal to members on this node. */
  readonly spread: (name: string, signal: Signal) => void
  /** Closes every feed. */
  readonly close: () => void
}

export const rooms = (context: Context): Rooms => {
  const { box, time, count, settings } = context
  const open = new Map<string, Room>()
  let numbers = 0

  const follow = (room: Room): void => {
    const feed = new Subscription()
    room.feed = feed
    const isCurrent = (): boolean => room.feed === feed && !feed.closed
    const down = (message: string): void => {
      box.enter(() => {
        if (!isCurrent()) return
        context.fault({ where: 'engine', message, room: room.name })
        close(room)
        const wait = backoff(defaultBackoff, room.failures++, settings.random())
        const retry = time.after(wait, () => {
          follow(room)
        })
        room.feed = new Subscription(retry.cancel)
      })
    }
    const late = time.after(settings.answerMs, () => {
      down(`the feed did not open within ${settings.answerMs} ms`)
    })
    feed.add(late.cancel)
    const from = room.epoch === '' ? undefined : { epoch: room.epoch, offset: room.cursor }
    const source = guard(() => settings.engine.follow(room.name, from))
    if (E.isLeft(source)) {
      down(source.left)
      return
    }
    feed.add(
      source.right.subscribe({
        next: (answer) => {
          if (E.isLeft(answer)) {
            down(answer.left.message)
            return
          }
          box.enter(() => {
            if (!isCurrent()) return
            if (answer.right._tag === 'Base') late.cancel()
            take(room, answer.right)
          })
        },
        error: (thrown: unknown) => {
          down(thrownText(thrown))
        },
        complete: () => {
          down('the feed completed')
        },
      }),
    )
  }

  const take = (room: Room, feed: Feed): void => {
    switch (feed._tag) {
      case 'Base':
        begin(room, feed)
        break
      case 'Messages':
        if (feed.epoch !== room.epoch) {
          lose(room, { epoch: feed.epoch, offset: (feed.messages[0]?.offset ?? 1) - 1 }, 'epoch', count)
        }
        deliver(room, feed.messages, count)
        break
      case 'Signal':
        spread(room, feed.signal, count)
        break
      case 'Lost':
        lose(room, feed.to, feed.because, count)
        break
    }
  }
  const begin = (room: Room, base: Base): void => {
    const to = { epoch: base.epoch, offset: base.base }
    if (room.epoch !== '' && !base.recovered) lose(room, to, base.because ?? 'lost', count)
    room.epoch = base.epoch
    room.first = base.first
    room.cursor = base.base
    room.head = base.head
    room.failures = 0
    room.isOpen = true
    const waiting = [...room.waiting]
    room.waiting.clear()
    for (const then of waiting) then()
  }
  const close = (room: Room): void => {
    room.isOpen = false
    room.feed.unsubscribe()
  }

  return {
    enter: (name, outlet, ch) => {
      let room = open.get(name)
      const isNew = !room
      if (!room) {
        const { EMPTY } = Subscription
        room = { name, number: ++numbers, members: new Set(), epoch: '', first: 1, cursor: 0, head: 0, isOpen: false, waiting: new Set(), feed: EMPTY, failures: 0 } // prettier-ignore
        open.set(name, room)
        count.rooms++
      }
      const member: Member = { room, ch, outlet, epoch: '', offset: 0, phase: 'joining' }
      room.members.add(member)
      count.members++
      if (isNew) follow(room)
      return member
    },
    opened: ({ room }, then) => {
      if (room.isOpen) {
        then(true)
        return
      }
      const late = time.after(settings.answerMs, () => {
        if (room.waiting.delete(ready)) then(false)
      })
      const ready = (): void => {
        late.cancel()
        then(true)
      }
      room.waiting.add(ready)
    },
    leave: (member) => {
      const { room } = member
      member.phase = 'left'
      if (!room.members.delete(member)) return
      count.members--
      if (room.members.size > 0) return
      open.delete(room.name)
      count.rooms--
      close(room)
    },
    spread: (name, signal) => {
      const room = open.get(name)
      if (room) spread(room, signal, count)
    },
    close: () => {
      for (const room of open.values()) close(room)
      open.clear()
    },
  }
}
