// The variants of a file have its exports. tsc checks this file; nothing runs it.
import type * as base64 from '../../lib/core/base64.js'
import * as pageBase64 from '../../lib/core/base64.production.js'
import type * as handshake from '../../lib/connection/handshake.js'
import * as pageHandshake from '../../lib/connection/handshake.production.js'
import type * as logTexts from '../../lib/kernel/log-texts.js'
import * as shortLogTexts from '../../lib/kernel/log-texts.production.js'
import type * as url from '../../lib/kernel/url.js'
import * as pageUrl from '../../lib/kernel/url.production.js'
import type * as wrong from '../../lib/protocol/wrong.js'
import * as pageWrong from '../../lib/protocol/wrong.production.js'
import type * as platformClass from '../../lib/transport/platform-class.js'
import * as nodeClass from '../../lib/transport/platform-class.node.js'
import * as pageClass from '../../lib/transport/platform-class.production.js'
import type * as wsDetails from '../../lib/transport/ws-details.js'
import * as pageDetails from '../../lib/transport/ws-details.production.js'

export const variants = [
  pageBase64 satisfies typeof base64,
  pageHandshake satisfies Omit<typeof handshake, 'handshakeFailed'>,
  shortLogTexts satisfies typeof logTexts,
  pageUrl satisfies typeof url,
  nodeClass satisfies typeof platformClass,
  pageClass satisfies typeof platformClass,
  pageWrong satisfies typeof wrong,
  pageDetails satisfies Omit<typeof wsDetails, 'isWs'>,
]
