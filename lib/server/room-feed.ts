import * as E from '#fp/Either'
import { Subscription } from 'rxjs'
import { backoff, defaultBackoff } from '../core/backoff.js'
import { guard, thrownText } from '../core/guard.js'
import type { Context } from './context.js'
import type { Base, Feed } from './engine.js'
import { deliver, lose, type Room, spread } from './room.js'

/** Opens the feed of a room. A feed that fails or ends opens again after a wait, from the last delivered message. */
export const openFeed = (context: Context, room: Room): void => {
  const { box, time, settings } = context
  const feed = new Subscription()
  room.feed = feed
  const isCurrent = (): boolean => room.feed === feed && !feed.closed
  const down = (message: string): void => {
    box.enter(() => {
      if (!isCurrent()) return
      context.fault({ where: 'engine', message, room: room.name })
      closeFeed(room)
      const wait = backoff(defaultBackoff, room.failures++, settings.random())
      const retry = time.after(wait, () => {
        openFeed(context, room)
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
          take(context, room, answer.right)
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

export const closeFeed = (room: Room): void => {
  room.isOpen = false
  room.feed.unsubscribe()
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
    case 'Signal':
      spread(room, feed.signal, count)
      break
    case 'Lost':
      lose(room, feed.to, feed.because, count)
      break
  }
}

const begin = (room: Room, { epoch, first, base, head }: Base): void => {
  Object.assign(room, { epoch, first, cursor: base, head, failures: 0, isOpen: true })
  const waiting = [...room.waiting]
  room.waiting.clear()
  for (const then of waiting) then()
}
