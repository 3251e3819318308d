import type { Observable } from 'rxjs'
import type { Needs } from '../connection/machine.js'
import type { ConnectionState, Input, Output } from '../connection/model.js'
import type { ConfigError } from '../core/error.js'
import type { Machine } from '../core/machine.js'
import type { Extension } from './extension.js'
import type { Fault } from './fault.js'

/** The address of a server. A function is called before each socket. */
export type Url = string | (() => string)

/** Opens a socket by its number. Every input carries the number. */
export type Open = (generation: number, url: Url) => Observable<Input>

/** The dependencies of a connection to one of several addresses. */
export interface AddressNeeds extends Omit<Needs, 'socket'> {
  readonly open: Open
  readonly diagnostics: { readonly report: (what: Fault) => void }
  /** Adds an extension to the client. */
  readonly add: (extension: Extension) => unknown
  /** Steps the connection. Call in a turn. */
  readonly send: (input: Input) => void
  /** The present state of the connection. */
  readonly state: () => ConnectionState
}

/** Several addresses of a client: a value for the option `url` that brings its code, such as `endpoints([…])`. */
export interface Addresses {
  readonly _tag: string
  /** The fault of its options: it closes the client. */
  readonly fault?: ConfigError | undefined
  /** The address that names the servers in a store. */
  readonly first: Url
  /** Makes the machine of the connection, which chooses the address of each socket. */
  readonly machine: (needs: AddressNeeds) => Machine<ConnectionState, Input, Output>
}
