import { last } from '../../../lib/features/history/index.js'
import { outbox } from '../../../lib/features/observe/index.js'
import { presenceOf } from '../../../lib/features/presence/index.js'
import { createClient } from '../../../lib/index.js'
import { indexedDbStore } from '../../../lib/stores/index.js'
import { Chat, Person, type Said } from '../contract.js'
import { address } from './address.js'
import { me } from './me.js'

// What waits to be sent survives a reload of the tab.
export const client = createClient({
  ...address,
  identity: me.user,
  store: indexedDbStore(),
}).with(outbox)

export const enter = (name: string) => {
  const room = client.room(name, Chat).with(presenceOf({ state: Person }))
  return {
    // Each message once and in order; what is gone for good is a gap.
    messages$: room.on('message', { from: last(50) }),
    // Who is here, under which name, and who is typing.
    members$: room.members$,
    show: (person: Person) => room.me.set(person),
    // Sent now, or as soon as there is a connection.
    write: (said: Said, id?: string) => room.post('message', said, { id }),
  }
}
