import type { View } from '../../protocol/frame.js'
import { INFO, ROOM } from '../../protocol/room-info.js'
import type { Member } from '../room.js'
import type { Viewing } from '../tables/node-tables.js'
import type { Life } from './life.js'
import type { Lives } from './lives.js'

/**
 * Begins a view of the record of a room: its public part at once, unless the client has it, and then each change. A
 * record is small, so it is written even where the connection has no room.
 */
export const roomView = (lives: Lives, life: Life, { outlet, room }: Member, { n = 0, from }: View): Viewing => {
  let told: string | undefined
  const advance = (): number => {
    const { info, record, at } = life
    if (!at) return 0
    const version = info?.version ?? at.version
    const place = `${at.epoch} ${version}`
    if (told === undefined && from?.epoch === at.epoch && from.version === version) told = place
    if (told === place) return 0
    told = place
    outlet.writer.inOrder({
      t: 'rows',
      number: room.number,
      of: ROOM,
      view: n,
      epoch: at.epoch,
      version,
      page: 0,
      rows: record ? [[INFO, version, record]] : [],
      more: false,
    })
    return 0
  }
  const stop = lives.watch(life, advance)
  advance()
  return { advance, stop }
}
