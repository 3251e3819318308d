import type { ConnectionState } from '../../connection/model.js'
import type { Span } from './api.js'
import { attributeNames } from './names.js'
import { fail, type Spans } from './spans.js'

/** Returns a function that takes the states of a connection: each attempt to connect is a span, with the cause of its failure. */
export const attempts = ({ start }: Spans): ((state: ConnectionState) => void) => {
  let span: Span | undefined
  return (state) => {
    if (state._tag === 'Authorizing' || state._tag === 'Connecting' || state._tag === 'Handshaking') {
      const attempt = { [attributeNames.attempt]: state.attempt }
      span ??= start({ span: 'connect' }, { root: true, attributes: attempt })
      return
    }
    if (span && 'because' in state && typeof state.because === 'object') fail(span, state.because)
    else span?.end()
    span = undefined
  }
}
