import { webSocket } from '../../lib/transport/websocket.js'
import { conformance } from './conformance.js'
import { webSocketRig } from './websocket-rig.js'

conformance('real sockets', () => webSocketRig())
