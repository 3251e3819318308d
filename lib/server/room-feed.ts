import type { Context } from './context.js'
import { engineFeed } from './engine-feed.js'
import type { Base, Feed } from './engine.js'
import { admitWaiting, deliver, lose, type Room, spread } from './room.js'

/**
 * Opens the feed of a room, which continues after a failure from the last delivered message. Calls `lives` where the room
 * has a life, or may have one.
 */
export const openFeed = (context: Context, room: Room, lives: () => void): void => {
  room.feed = engineFeed<Feed>(context, {
    room: room.name,
    follow: () =>
      context.settings.logs.follow(
        room.name,
        room.epoch === '' ? undefined : { epoch: room.epoch, offset: room.cursor },
      ),
    take: (item) => {
      if (item._tag === 'Life' || (item._tag === 'Base' && item.hasLife !== false)) lives()
      take(context, room, item)
    },
    lost: () => {
      room.isOpen = false
    },
  })
}

export const closeFeed = (room: Room): void => {
  room.isOpen = false
  room.feed?.close()
}

const take = ({ count }: Context, room: Room, feed: Feed): void => {
  switch (feed._tag) {
    case 'Base':
      if (room.epoch !== '' && !feed.recovered)
        lose(room, { epoch: feed.epoch, offset: feed.base }, feed.because ?? 'lost', count)
      begin(room, feed)
      break
    case 'Messages':
      if (feed.epoch !== room.epoch) {
        lose(room, { epoch: feed.epoch, offset: (feed.messages[0]?.offset ?? 1) - 1 }, 'epoch', count)
      }
      deliver(room, feed.messages, count)
      break
    case 'Life':
      break
    case 'Signal':
      spread(room, feed.signal, count)
      break
    case 'Lost':
      lose(room, feed.to, feed.because, count)
      break
  }
}

const begin = (room: Room, { epoch, first, base, head }: Base): void => {
  Object.assign(room, { epoch, first, cursor: base, head, isOpen: true })
  admitWaiting(room)
}
