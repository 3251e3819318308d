import { map } from 'rxjs'
import * as E from '#fp/Either'
import type { Position } from '../core/position.js'
import { isName } from '../protocol/field.js'
import * as bounds from '../protocol/bounds.js'
import { isOfUser } from '../protocol/reserved.js'
import { checksum } from '../store/checksum.js'
import type { Base, Engine, Feed } from './engine.js'

/** The logs of rooms, as the server reads and writes them. */
export type Logs = Pick<Engine, 'append' | 'follow' | 'read' | 'head'>

/** The epochs of a room, as clients see them. */
interface Epochs {
  readonly shown: <T extends { readonly epoch: string }>(at: T) => T
  /** Returns a position of a client as one of the engine: in no epoch of the engine, if it is of another room. */
  readonly known: (at: Position) => Position
}

/**
 * The epochs of the room of a user end with the user. Clients know all of these rooms under one name, and an engine may use
 * one epoch for many rooms: so a client that becomes another user learns that its position is of no use.
 */
const epochsOf = (room: string): Epochs => {
  const end = `.${checksum(room)}`
  const named = (epoch: string): string => (isName(epoch + end, bounds.idBytes) ? epoch + end : epoch)
  return {
    shown: (at) => ({ ...at, epoch: named(at.epoch) }),
    known: ({ epoch, offset }) => {
      const own = epoch.endsWith(end) ? epoch.slice(0, -end.length) : epoch
      return { epoch: named(own) === epoch ? own : `${epoch}${end}`, offset }
    },
  }
}

const shownFeed = ({ shown }: Epochs, feed: Feed): Feed => {
  switch (feed._tag) {
    case 'Base':
    case 'Messages':
      return shown(feed)
    case 'Lost':
      return { ...feed, from: shown(feed.from), to: shown(feed.to) }
    case 'Signal':
    case 'Life':
      return feed
  }
}

/** Makes the logs of an engine: those of ordinary rooms as they are. */
export const logsOf = (engine: Engine): Logs => ({
  append: (room, entries) => {
    const outcomes$ = engine.append(room, entries)
    if (!isOfUser(room)) return outcomes$
    const { shown } = epochsOf(room)
    return outcomes$.pipe(map(E.map((all) => all.map((each) => (each._tag === 'Accepted' ? shown(each) : each)))))
  },
  follow: (room, from) => {
    if (!isOfUser(room)) return engine.follow(room, from)
    const epochs = epochsOf(room)
    const start = from && 'epoch' in from ? epochs.known(from) : from
    return engine.follow(room, start).pipe(map(E.map((feed) => shownFeed(epochs, feed))))
  },
  read: (room, after, limit) => {
    if (!isOfUser(room)) return engine.read(room, after, limit)
    const { shown, known } = epochsOf(room)
    return engine
      .read(room, known(after), limit)
      .pipe(map(E.map((page) => page && { ...page, base: shown<Base>(page.base) })))
  },
  head: (room) => {
    const head$ = engine.head(room)
    return isOfUser(room) ? head$.pipe(map(E.map((head) => head && epochsOf(room).shown(head)))) : head$
  },
})
