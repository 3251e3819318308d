import type { RoomServer } from '../server/server.js'
import type { ServerRoom } from '../server/life/server-rooms.js'

type Orders = 'create' | 'update' | 'close' | 'kick' | 'ban' | 'unban' | 'mute' | 'unmute'

/** Orders of a test about a room, which take effect at the call and are shown in the transcript. */
export type FakeRoom = {
  readonly [K in Orders]: (...given: Parameters<ServerRoom[K]>) => void
}

/** Makes the orders about a room; `act` notes each. */
export const fakeRoom = (
  name: string,
  server: () => Pick<RoomServer, 'rooms'>,
  act: (what: string, does: () => unknown) => void,
): FakeRoom => {
  const room = (): ServerRoom => server().rooms.get(name)
  return {
    create: (options) => act(`creates ${name}`, () => room().create(options)),
    update: (patch, options) => act(`updates ${name}`, () => room().update(patch, options)),
    close: (options) => act(`closes ${name}`, () => room().close(options)),
    kick: (user, options) => act(`kicks ${user} from ${name} for a while`, () => room().kick(user, options)),
    ban: (user, options) => act(`bans ${user} from ${name}`, () => room().ban(user, options)),
    unban: (user, options) => act(`lifts the ban of ${user} from ${name}`, () => room().unban(user, options)),
    mute: (user, options) => act(`mutes ${user} in ${name}`, () => room().mute(user, options)),
    unmute: (user, options) => act(`lifts the mute of ${user} in ${name}`, () => room().unmute(user, options)),
  }
}
