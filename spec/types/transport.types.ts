import { expectTypeOf } from 'expect-type'
import { WebSocket as Ws } from 'ws'
import type { Transport } from '../../lib/core/ports.js'
import { type MemoryNetwork, memory } from '../../lib/transport/memory.js'
import { webSocket } from '../../lib/transport/websocket.js'

// [TR30] The classes that platforms have are taken as they are.
expectTypeOf(webSocket({ WebSocket: globalThis.WebSocket })).toEqualTypeOf<Transport>()
expectTypeOf(webSocket({ WebSocket: Ws, headers: { cookie: 'a=b' } })).toEqualTypeOf<Transport>()
expectTypeOf(webSocket()).toEqualTypeOf<Transport>()

// @ts-expect-error a class of something else
webSocket({ WebSocket: Date })
// @ts-expect-error a network needs a server and a scheduler
memory({ latencyMs: 1 })

// [TR30] A network is a transport and its switches.
expectTypeOf<MemoryNetwork['transport']>().toEqualTypeOf<Transport>()
