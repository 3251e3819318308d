import type { SchedulerLike } from 'rxjs'
import type { Accept, Peer, PeerSocket } from '../core/ports.js'
import { close, gone, type Line, type Parcel } from './parcel.js'

/** The server's end of a simulated connection. */
export interface ServerEnd {
  /** Takes a parcel from the client. */
  readonly arrived: (parcel: Parcel) => void
  /** Everything written so far has left. */
  readonly drained: () => void
  /** Ends it; the server learns of it if it knew the connection. */
  readonly end: () => void
  /** True while the server has a socket that is not ended. */
  readonly isLive: () => boolean
}

interface ServerEndNeeds {
  readonly protocol: string
  readonly accept: Accept
  readonly down: Line
  readonly scheduler: SchedulerLike
  readonly refusing: () => boolean
  readonly hanging: () => boolean
  /** This end is over. */
  readonly ended: () => void
}

export const serverEnd = ({
  protocol,
  accept,
  down,
  scheduler,
  refusing,
  hanging,
  ended,
}: ServerEndNeeds): ServerEnd => {
  let state: 'unaware' | 'open' | 'closing' | 'gone' = 'unaware'
  let peer: Peer | undefined

  const isLive = (): boolean => state === 'open' || state === 'closing'
  const end = (): void => {
    if (!isLive()) return
    state = 'gone'
    peer?.closed()
    ended()
  }
  const socket: PeerSocket = {
    protocol,
    send: (data) => {
      if (state === 'open') down.send(data)
    },
    buffered: down.buffered,
    close: (code, reason) => {
      if (state !== 'open') return
      state = 'closing'
      down.put(close(code, reason))
    },
    terminate: () => {
      if (!isLive()) return
      state = 'closing'
      down.put(gone)
      scheduler.schedule(end)
    },
  }
  const requested = (): void => {
    if (refusing()) down.put(gone)
    if (refusing() || hanging()) return
    state = 'open'
    down.put({ _tag: 'Opened' })
    peer = accept(socket)
  }

  return {
    arrived: (parcel) => {
      switch (parcel._tag) {
        case 'Request':
          requested()
          return
        case 'Message':
          if (isLive()) peer?.receive(parcel.data)
          return
        case 'Close':
          if (state === 'open') down.put(parcel)
          end()
          return
        case 'Gone':
          end()
          return
        case 'Opened':
      }
    },
    drained: () => {
      if (state === 'open') peer?.drained()
    },
    end,
    isLive,
  }
}
