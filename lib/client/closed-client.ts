import { EMPTY } from 'rxjs'
import type { ConfigError } from '../core/error.js'
import { type Client, clientWith } from './client.js'
import { partsOf } from './port.js'

/** Makes a client that is closed from the start, for a reason. */
export const closedClient = (because: ConfigError): Client => {
  const client = clientWith(() => () => EMPTY)({ url: 'ws://localhost' })
  const { turns, send } = partsOf(client).kernel
  turns.enter(() => {
    send({ _tag: 'Close', because })
  })
  return client
}
