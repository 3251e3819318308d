import type { Codec } from '../protocol/codec.js'
import type { Claim } from '../protocol/frame.js'
import type { Shared } from './connections.js'
import type { Granted } from './engine.js'
import type { Meter } from './meter.js'
import type { Identity } from './options.js'
import type { SessionConnection } from './session-record.js'
import type { Writer } from './writer.js'

/** The parts of a session. */
export interface SessionParts {
  readonly shared: Shared
  readonly connection: SessionConnection
  readonly granted: Granted
  /** The start, on the wall clock. */
  readonly since: number
  readonly claim: Pick<Claim, 'instance' | 'generation'>
  readonly identity: Identity
  /** The client's optional capabilities. */
  readonly can: readonly string[]
  readonly codec: Codec
  readonly writer: Writer
  readonly meter: Meter
}
