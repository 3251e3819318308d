import { share } from 'rxjs'
import { last } from '../../../lib/features/history/index.js'
import { createClient } from '../../../lib/index.js'
import { Load, Lobby, Memory, Network } from '../contract.js'

/** Names this tab's line through the proxy, so that it can be cut alone. */
export const line = Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) => byte.toString(36)).join('')

/** One client, one socket. Only the waits are shorter than the defaults, for impatient eyes. */
export const client = createClient({
  url: `${location.origin.replace(/^http/, 'ws')}/rooms?line=${line}`,
  backoff: { firstMs: 500, capMs: 3_000 },
  deadlines: { connectMs: 4_000, handshakeMs: 4_000 },
})

export const lobby = client.room('lobby', Lobby)

/** Each room as one stream for the whole page: its last messages, then what comes, each once and in order. */
export const streams = {
  lobby: lobby.on('message', { from: last(50) }).pipe(share()),
  load: client
    .room('load', Load)
    .messages({ from: last(120) })
    .pipe(share()),
  memory: client
    .room('memory', Memory)
    .messages({ from: last(120) })
    .pipe(share()),
  network: client
    .room('network', Network)
    .messages({ from: last(120) })
    .pipe(share()),
}
