import { tokens } from '../../lib/kernel/tokens.js'
import { clientStore } from '../../lib/session/client-store.js'
import { memory } from '../../lib/store/memory.js'
import type { Owner, Store } from '../../lib/store/port.js'
import { world, type WorldOptions } from '../../lib/testing/world.js'
import { last } from '../../lib/features/history/index.js'
import { Chat, texts } from './chat.js'
import { type Mortal, mortal } from './mortal.js'
import { see } from './seen.js'
import { tap } from './wire.js'

export const day = 86_400_000
/** Whose store it is. */
export const owner: Owner = { url: 'ws://world/', user: 'ana' }

/** A world in which ana has a store, and lives of her client that end suddenly. */
export const lives = (options: WorldOptions = {}, store: Store = memory()) => {
  const users = new Map<string, string>()
  const tokenOf = (user: string): string => {
    const token = `token ${users.size + 1}`
    users.set(token, user)
    return token
  }
  const made = world({ authenticate: ({ token = 'nobody' }) => [{ user: users.get(token) ?? token }], ...options })
  let count = 0
  const dark = (host: string): void => {
    made.network.host(host).cut()
    made.network.host(host).refuse(true)
  }
  return {
    ...made,
    store,
    wire: tap(made.network),
    /** Another life, of ana unless told otherwise. */
    life: ({ user = 'ana', identity = 'ana', ...more }: Record<string, unknown> = {}, as: Mortal = mortal(store)) => {
      const host = `life ${++count}`
      const client = made.client({
        host,
        url: owner.url,
        store: clientStore(as.store),
        identity: identity as string,
        // A user that is its own token would not be shown.
        token: tokens(() => tokenOf(user as string)),
        outbox: { ageMs: 30 * day },
        ...more,
      })
      const faults = see(client.faults$)
      return {
        client,
        room: client.room('lobby', Chat),
        undelivered: see(client.undelivered$),
        told: () => faults.all.map(({ _tag, message }) => `${_tag}: ${message}`),
        written: as.written,
        fail: as.fail,
        /** kill -9: neither the network nor the store hear of it any more. */
        kill: () => {
          as.die()
          dark(host)
        },
        unplug: () => dark(host),
        plug: () => made.network.host(host).refuse(false),
      }
    },
    /** What the lobby's log holds, read by somebody else. */
    log: (): readonly string[] => {
      const reader = made.client({ token: tokens(() => 'reader') })
      const heard = see(reader.room('lobby', Chat).on('message', { from: last(1_000) }))
      made.time.advanceBy(5_000)
      heard.stop()
      void reader.close()
      return texts(heard.all)
    },
  }
}
