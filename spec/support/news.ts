import * as t from 'io-ts'
import * as E from '#fp/Either'
import { contract, type Message, type Result } from '../../lib/index.js'
import { filesOn } from '../../lib/node/files/files.js'
import type { Permission } from '../../lib/protocol/frame.js'
import type { Engine } from '../../lib/server/engine.js'
import { memory } from '../../lib/server/memory.js'
import type { RoomServerOptions } from '../../lib/server/options.js'
import type { VirtualTime } from '../../lib/testing/virtual.js'
import { shakyDisk } from '../node/files/shaky-disk.js'
import type { Seen } from './seen.js'

export const News = contract({ events: { news: t.string, ping: t.void } })

/** Each message with the room that it came from; a `Left` is its code. */
export const heard = ({ all }: Pick<Seen<Result<Message<unknown>>>, 'all'>): readonly string[] =>
  all.map((each) => (E.isLeft(each) ? each.left.code : `${each.right.room} ${String(each.right.data)}`))

export const full: readonly Permission[] = ['read', 'publish', 'history']

/** Admins may broadcast. */
export const authorize: RoomServerOptions['authorize'] = ({ roles, room }) => [
  roles.includes('admin') || !room.startsWith('@') ? full : ['read', 'history'],
]

/** Tokens are the names of users; `boss` is an admin. */
export const authenticate: RoomServerOptions['authenticate'] = ({ token = '' }) => [
  { user: token, ...(token === 'boss' && { roles: ['admin'] }) },
]

const filesIn = (time: VirtualTime): Engine => {
  const disk = shakyDisk()
  let engine: Engine | undefined
  filesOn(() => disk, { directory: 'd', scheduler: time, wall: time.now }).subscribe((opened) => {
    if (E.isRight(opened)) engine = opened.right
  })
  disk.run()
  if (!engine) throw new Error('the engine did not open')
  const step = (): void => {
    disk.run()
    time.schedule(step, 1)
  }
  step()
  return engine
}

/** The engines of this library. */
export const engines: readonly (readonly [name: string, make: (time: VirtualTime) => Engine])[] = [
  ['memory', (time) => memory({ scheduler: time, wall: () => time.now() })],
  ['files', filesIn],
]
