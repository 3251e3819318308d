import { authenticationError, connectionError, roomError, type WebSocketError } from '../core/error.js'
import type { Refusal } from '../protocol/frame.js'

/** Converts a server's refusal to an error; unknown codes keep their kind and text. */
export const refused = (room: string, { code, message, kind, retryAfterMs, spreadMs }: Refusal): WebSocketError => {
  const remedy =
    remedies[code] ?? (kind === 'retry' ? 'Nothing to do: it is tried again.' : 'Ask whoever runs the server.')
  const wish = {
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(spreadMs === undefined ? {} : { spreadMs }),
  }
  const said = { message: message.slice(0, 256), remedy, kind, ...wish }
  if (code.startsWith('auth/')) return authenticationError({ code: code as `auth/${string}`, ...said })
  if (code.startsWith('room/'))
    return roomError({ code: code as `room/${string}`, room, ...said, message: `Room ${room}: ${said.message}` })
  const area = /^(server|session|protocol|connection)\//.test(code) ? code : `server/${code.replaceAll('/', '-')}`
  return connectionError({ code: area as `server/${string}`, ...said })
}

const remedies: Readonly<Record<string, string>> = {
  'room/forbidden': 'Ask for permission; it is tried again on reconnect, with a new token, and by join().',
  'room/kicked':
    'Somebody removed this user; it is not tried again by itself, only by join() or by who lets go and comes back.',
  'room/not-found': 'Create the room first, or join without mustExist.',
}
