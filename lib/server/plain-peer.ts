import type { Peer } from '../core/ports.js'

/** Makes a peer of an object whose members are its own: wrappers spread a peer, and call its members apart from it. */
export const plainPeer = (peer: Required<Peer>): Peer => ({
  receive: (data) => {
    peer.receive(data)
  },
  partial: (bytes) => {
    peer.partial(bytes)
  },
  drained: () => {
    peer.drained()
  },
  closed: (code, reason) => {
    peer.closed(code, reason)
  },
})
