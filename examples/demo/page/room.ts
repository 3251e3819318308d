import { directory } from '../../../lib/features/directory/index.js'
import { last } from '../../../lib/features/history/index.js'
import { outbox } from '../../../lib/features/observe/index.js'
import { presenceOf } from '../../../lib/features/presence/index.js'
import { creation, roomLife } from '../../../lib/features/room-life/index.js'
import { createClient } from '../../../lib/index.js'
import { indexedDbStore } from '../../../lib/stores/index.js'
import { Chat, Person, type Said } from '../contract.js'
import { address } from './address.js'
import { me } from './me.js'

// A message that waits survives a reload of the tab.
export const client = createClient({
  ...address,
  identity: me.user,
  store: indexedDbStore(),
}).with(outbox, creation, directory)

// The rooms that were created, with how many are in each.
export const rooms$ = client.rooms$()

export const enter = (name: string) => {
  // room.members$: who is here; room.kick, room.invite: for its maker.
  const people = presenceOf({ state: Person })
  const room = client.room(name, Chat).with(people, roomLife)
  // Each message once and in order; what is gone for good is a gap.
  const messages$ = room.on('message', { from: last(50) })
  // Sent now, or as soon as there is a connection.
  const say = (said: Said, id: string) => room.post('message', said, { id })
  return { room, messages$, say }
}
