import type { Data } from '../core/ports.js'
import { closeReason } from './closing.js'

/** Anything that travels on a simulated connection. */
export type Parcel =
  | { readonly _tag: 'Request' | 'Opened' | 'Gone' }
  | { readonly _tag: 'Message'; readonly data: Data }
  | { readonly _tag: 'Close'; readonly code: number; readonly reason: string }

/** The sender ended the connection without a closing handshake. */
export const gone: Parcel = { _tag: 'Gone' }
export const close = (code: number, reason: string): Parcel => ({ _tag: 'Close', code, reason: closeReason(reason) })

/** The line from one end of a simulated connection to the other. */
export interface Line {
  readonly put: (parcel: Parcel) => void
  readonly send: (data: Data) => void
  /** Bytes that have not left yet. */
  readonly buffered: () => number
}
