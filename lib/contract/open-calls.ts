import { type CallType, command, query, stream } from './call-type.js'
import { trusted } from './sendable.js'
import { unchecked } from './validator.js'

const any = { input: unchecked<unknown>(), output: unchecked<unknown>() }

/** Takes any declared error. */
const open = <T extends CallType>(type: T): T => ({ ...type, codecs: { ...type.codecs, error: () => trusted } })

/** The types of calls of any contract, by kind: for tools, which know none. */
export const openCalls = { query: open(query(any)), command: open(command(any)), stream: open(stream(any)) }
