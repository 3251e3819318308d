export { calls, clientCalls } from './calls.js'
export { command, query, stream } from '../../contract/call-type.js'

export type { Callable, CallArgs, CallFailure, CallOptions, CallStream } from './calls.js'
export type {
  CallInput,
  CallOutput,
  CallParts,
  Calls,
  CallType,
  DeclaredErrors,
  HandlerInput,
  HandlerOutput,
} from '../../contract/call-type.js'
