import { callError, type CallError, decodeError, type WebSocketError } from '../core/error.js'
import type { About } from '../core/texts/text.js'
import type { Mismatch } from './mismatch.js'
import { type Code, refusalRemedy, told } from '#texts'

/** The names of a call, for its errors. */
export interface CallNames {
  readonly call: string
  readonly id: string
  readonly room: string | undefined
}

type CallCode = Extract<Code, `call/${string}`>

const named = ({ call, id, room }: CallNames): Pick<CallError, 'call' | 'id' | 'room'> => ({
  call,
  id,
  ...(room !== undefined && { room }),
})

/** Makes the error of a call that the client ends. Its kind is `unknown` where the call may have run. */
export const callFailure = (
  code: CallCode,
  names: CallNames,
  executed: CallError['executed'],
  about?: About,
  kind: CallError['kind'] = 'retry',
): CallError =>
  callError({
    ...told(code, { ...about, call: names.call, executed }),
    kind: executed === 'unknown' ? 'unknown' : kind,
    executed,
    ...named(names),
  })

/** The refusal of a call by the other end. */
export interface CallRefusal {
  readonly code: string
  readonly message: string
  readonly kind: CallError['kind']
  readonly retryAfterMs?: number
  readonly spreadMs?: number
}

/** Codes of refusals of calls that have run. */
const ran: readonly string[] = ['call/forgotten']

/** Converts the refusal of a call to an error. Of a call that was written before, an earlier writing may have run. */
export const refusedCall = (
  names: CallNames,
  { code, message, kind, retryAfterMs, spreadMs }: CallRefusal,
): WebSocketError => {
  const own = (code.startsWith('call/') ? code : `call/${code.replaceAll('/', '-')}`) as CallError['code']
  return callError({
    code: own,
    message: message.slice(0, 256),
    remedy: refusalRemedy(own, kind),
    kind,
    executed: ran.includes(own) ? 'yes' : kind === 'unknown' ? 'unknown' : 'no',
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(spreadMs !== undefined && { spreadMs }),
    ...named(names),
  })
}

/** An answer that does not match the contract. */
export const unreadableAnswer = ({ call, room }: CallNames, { path, expected, actual }: Mismatch): WebSocketError => {
  const misfit = { event: call, path, expected, actual }
  return decodeError({
    ...told('decode/payload', { room: room ?? '', ...misfit }),
    kind: 'terminal',
    ...misfit,
    ...(room !== undefined && { room }),
  })
}
