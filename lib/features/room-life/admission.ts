import { type Checks, given, invalid, whatever, yesOrNo } from '../../core/check.js'
import type { ConfigError, WebSocketError } from '../../core/error.js'
import { filled } from '../../core/filled.js'
import { waitChecks, type WaitOptions } from '../../core/wait.js'
import type { Parts } from '../../client/parts.js'
import type { JoinOptions } from '../../client/room.js'
import type { Extension } from '../../kernel/extension.js'
import type { JoinAsk, RoomRecord } from '../../rooms/record.js'
import { noteSecret } from './order.js'

/** Options of `admission`. All are optional. */
export interface AdmissionOptions extends WaitOptions {
  /** Refuses the join instead of creating the room. Default false. */
  readonly mustExist?: boolean | undefined
  /** The password of the room, or for the server's `authorize`, sent with this join and each one after a loss. */
  readonly password?: string | undefined
  /** An invitation to the room, sent with this join and each one after a loss. */
  readonly invitation?: string | undefined
  /**
   * Waits for a seat if the room is full, with this join and each one after a loss: `membership$` shows the place in the
   * queue. Default false: the join is refused with `room/full`.
   */
  readonly queue?: boolean | undefined
}

/** Returns the fault of a password or an invitation, without showing it. */
export const secretFault =
  (option: 'password' | 'invitation') =>
  (secret: unknown): ConfigError | undefined =>
    typeof secret === 'string' && secret !== ''
      ? undefined
      : invalid(option, 'secret', { actual: secret === '' ? 'empty' : 'no text' })

const checks: Checks<keyof AdmissionOptions> = {
  ...waitChecks,
  mustExist: yesOrNo,
  password: { ...whatever, within: /*#__PURE__*/ secretFault('password') },
  invitation: { ...whatever, within: /*#__PURE__*/ secretFault('invitation') },
  queue: yesOrNo,
}

/**
 * Makes the options of a join of a room that does not let everybody in: `room.join(admission({ password: 'sesame' }))`.
 * The client sends them again after each loss, except a password or an invitation that the server did not accept. An
 * invalid option is the `Left` of the join, and nothing is written.
 */
export const admission = (options?: AdmissionOptions): JoinOptions => {
  const { fault, options: checked } = given(options, checks)
  const { mustExist, password, invitation, queue, signal, withinMs } = checked
  const ask = filled<JoinAsk>({}, { mustExist, password, invitation, queue })
  return filled<JoinOptions>(
    {
      by: {
        fault,
        isPatient: ask.queue === true,
        begin: (parts) => {
          parts.get(proofs)
          noteSecret(parts, 'password', password)
          noteSecret(parts, 'invitation', invitation)
          return ask
        },
      },
    },
    { signal, withinMs },
  )
}

/** Forgets what the server does not accept. */
const proofs = ({ rooms }: Parts): Extension => {
  rooms.use({ refused: forgetProof })
  return {}
}

/** Forgets the password, or the invitation, that the server did not accept: later joins do without it. */
const forgetProof = ({ extras }: RoomRecord, { code }: WebSocketError): void => {
  if (!extras?.ask) return
  const { password, invitation, ...ask } = extras.ask
  if (code === 'room/password') extras.ask = { ...ask, ...(invitation !== undefined && { invitation }) }
  if (code === 'room/invitation') extras.ask = { ...ask, ...(password !== undefined && { password }) }
}
