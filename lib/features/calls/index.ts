export { asks, clientAsks } from './asks.js'
export { calls, clientCalls } from './calls.js'
export { command, query, stream } from '../../contract/call-type.js'
export { declared } from '../../contract/declared.js'

export type { Answering, AskArgs, Asking, AskOptions, MemberHandler } from './asks.js'
export type { AskCaller } from './questions.js'
export type { Askable, AskedMember, CallFailure, MemberResult } from '../../contract/call-answer.js'
export type { Answered, Declaration, DeclaredOf } from '../../contract/declared.js'
export type { Until } from '../../protocol/frame.js'
export type { Callable, CallArgs, CallOptions, CallStream } from './calls.js'
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
