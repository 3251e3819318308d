import { EMPTY, type Observable } from 'rxjs'
import { type Heartbeat, liveness } from '../connection/liveness.js'
import type { Input } from '../connection/model.js'
import type { Extension } from './extension.js'
import type { Kernel } from './kernel.js'

/** Answers pings, and probes a link that is silent. */
export interface HeartbeatExtension extends Extension {
  /** Writes a ping on the present link. Returns its number; 0 without a link. */
  readonly probe: () => number
  /** Watches the present link: emits its quality, and its loss. */
  readonly liveness: () => Observable<Input>
}

/** Allows a quarter of the grace period for the ping's latency. */
const withLatency = ({ intervalMs, graceMs }: Heartbeat): Heartbeat => ({
  intervalMs: intervalMs + graceMs / 4,
  graceMs: graceMs - graceMs / 4,
})

export const heartbeat = ({ present, deadlines }: Pick<Kernel, 'present' | 'deadlines'>): HeartbeatExtension => {
  let pings = 0
  const probe = (): number => {
    if (!present.link()) return 0
    present.write({ t: 'ping', n: ++pings })
    return pings
  }
  return {
    probe,
    outputs: { Probe: probe },
    frames: {
      ping: ({ n }, link) => {
        link.control({ t: 'pong', n, seen: link.handled })
      },
      pong: () => undefined,
    },
    liveness: () => {
      const [link, welcome] = [present.link(), present.welcome()]
      return link && welcome ? liveness(link, withLatency(welcome.heartbeat), deadlines, probe) : EMPTY
    },
  }
}
