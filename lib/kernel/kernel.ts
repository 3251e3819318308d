import type { Link } from '../connection/link.js'
import type { Input, ConnectionState as State } from '../connection/model.js'
import type { Cell } from '../core/cell.js'
import type { Deadlines } from '../core/deadlines.js'
import { connectionError, type WebSocketError } from '../core/error.js'
import type { Retries } from '../core/retries.js'
import type { ControlFrame, Welcome } from '../protocol/frame.js'
import { told } from '#texts'
import type { Poison } from './batching.js'
import type { KernelConfig } from './config.js'
import type { Diagnostics } from './diagnostics.js'
import type { Extension } from './extension.js'
import type { SessionState } from './session.js'
import type { Turns } from './turns.js'

/** The running heart of a client: its turns, its connection, the present link, and a loop over its extensions. */
export interface Kernel {
  readonly config: KernelConfig
  readonly turns: Turns
  readonly deadlines: Deadlines
  readonly diagnostics: Diagnostics
  readonly retries: Retries
  /** The state of the connection. */
  readonly state: Cell<State>
  readonly session: Cell<SessionState>
  /** The present link. */
  readonly present: PresentLink
  /** Steps the connection. Call in a turn. */
  readonly send: (input: Input) => void
  /**
   * Writes a ping on the present link. Returns its number, which the pong carries; of the pings of one turn only the last
   * is written. 0 without a link.
   */
  readonly probe: () => number
  /** Adds an extension, also while a link is up, and returns it. */
  readonly add: <E extends Extension>(extension: E) => E
  /** The extensions, in the order in which they were added. */
  readonly extensions: readonly Extension[]
}

/** The link of a client from its opening to its end. Call in a turn. */
export interface PresentLink {
  readonly link: () => Link | undefined
  /** The welcome of its server, with its present limits; `undefined` before it. */
  readonly welcome: () => Welcome | undefined
  /** The link to greet. */
  readonly greeting: () => Link | undefined
  /** Takes the server's welcome on a link, and for the present one the same with other limits later. */
  readonly agree: (welcome: Welcome, of?: Link) => void
  /** Writes a control frame; drops it while there is no link. */
  readonly write: (frame: ControlFrame) => void
  /** Ends a link, by default this one, for a reason; `poison`: the fault of the message that is the cause. */
  readonly lose: (because: WebSocketError, poison?: Poison, link?: Link) => void
  /** The bytes of a hello's rooms, beside a token of `tokenBytes`. */
  readonly helloBytes: (tokenBytes: number) => number
  /** True if messages of several frames can be made smaller. */
  readonly canShrink: () => boolean
}

/** The error of a client that its user has closed. */
export const closedByUser = connectionError({ ...told('connection/client-closed'), kind: 'terminal' })
