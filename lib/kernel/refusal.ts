import { authenticationError, connectionError, roomError, type WebSocketError } from '../core/error.js'
import { frozen } from '../core/frozen.js'
import type { Refusal } from '../protocol/frame.js'
import { refusalRemedy } from '#texts'

/** Converts a server's refusal to an error; unknown codes keep their kind and text. */
export const refused = (
  room: string,
  { code, message, kind, retryAfterMs, spreadMs, data }: Refusal,
): WebSocketError => {
  const wish = {
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(spreadMs === undefined ? {} : { spreadMs }),
  }
  const said = { message: message.slice(0, 256), remedy: refusalRemedy(code, kind), kind, ...wish }
  if (code.startsWith('auth/')) return authenticationError({ code: code as `auth/${string}`, ...said })
  if (code.startsWith('room/'))
    return roomError({
      code: code as `room/${string}`,
      room,
      ...said,
      message: `Room ${room}: ${said.message}`,
      ...(data && { data: frozen(data) }),
    })
  const area = /^(server|session|protocol|connection)\//.test(code) ? code : `server/${code.replaceAll('/', '-')}`
  return connectionError({ code: area as `server/${string}`, ...said })
}
