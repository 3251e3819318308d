import { tokens } from '../../../lib/index.js'
import { me } from './me.js'

/** Names this tab's line through the proxy, so that it can be cut alone, also after a reload. */
export const line = me.user

/** Where the server is, and as whom. Only the waits are shorter than the defaults, for impatient eyes; a message may wait for a day. */
export const address = {
  url: `${location.origin.replace(/^http/, 'ws')}/rooms?line=${line}`,
  token: tokens(() => me.user),
  backoff: { firstMs: 500, capMs: 3_000 },
  deadlines: { connectMs: 4_000, handshakeMs: 4_000 },
  outbox: { ageMs: 86_400_000 },
}
