import type { WebSocketError } from '../core/error.js'
import type { Extension } from '../kernel/extension.js'
import type { Kernel } from '../kernel/kernel.js'
import type { Outbox } from '../outbox/model.js'
import type { Rooms } from '../rooms/rooms.js'
import type { ClientPersistence } from '../session/client-persistence.js'
import type { Sending } from './sending.js'

/** The parts of a client, which handles, features and strategies work with. */
export interface Parts {
  readonly kernel: Kernel
  readonly rooms: Rooms
  readonly outbox: Outbox
  readonly sending: Sending
  /** The storing part; `undefined` without a store. */
  readonly stored: ClientPersistence | undefined
  /** The error of a closed client. */
  readonly over: () => WebSocketError | undefined
  /**
   * The extension of this client that a function makes: the function is the key. Makes it at first use, also while a
   * link is up.
   */
  readonly get: <E extends Extension>(of: (parts: Parts) => E) => E
}
