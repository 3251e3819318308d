import { type Checks, count, invalid } from '../core/check.js'
import { excerpt, roomError, type WebSocketError } from '../core/error.js'
import { waitChecks } from '../core/wait.js'
import { isContract } from '../contract/event-codec.js'
import { isName } from '../protocol/field.js'
import { bounds } from '../protocol/frame.js'
import type { SendOptions } from './outgoing.js'
import { told } from '#texts'

/** Returns the fault of a room's name, if it has one. */
export const nameFault = (name: unknown): WebSocketError | undefined =>
  isName(name, bounds.roomBytes)
    ? undefined
    : roomError({
        ...told('room/invalid-name', { actual: excerpt(name), most: bounds.roomBytes }),
        kind: 'terminal',
        room: typeof name === 'string' ? name.slice(0, 64) : '',
      })

/** Returns the fault of a value that is not a contract. */
export const contractFault = (contract: unknown): WebSocketError | undefined =>
  isContract(contract) ? undefined : invalid('contract', 'contract', { actual: excerpt(contract) })

/** True for an id that the server accepts. */
export const isId = (value: unknown): value is string => isName(value, bounds.idBytes) && /^[^"\\\p{Cc}]+$/u.test(value)

export const sendChecks: Checks<keyof SendOptions> = {
  ...waitChecks,
  id: { expected: `id ${bounds.idBytes}`, is: isId },
  term: count,
}
