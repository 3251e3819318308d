import type { Subscriber } from 'rxjs'
import type { Data, Socket, TransportEvent, TransportRequest } from '../core/ports.js'
import { ABNORMAL, closed, exceeds, TOO_LARGE, tooLarge } from './closing.js'
import { close, gone, type Line, type Parcel } from './parcel.js'

/** The client's end of a simulated connection. */
export interface ClientEnd {
  /** Takes a parcel from the server. */
  readonly arrived: (parcel: Parcel) => void
  /** Ends it with a close event. */
  readonly end: (code: number, reason: string) => void
  /** Ends it without any event; the server learns of it after the latency. */
  readonly abandon: () => void
  readonly isOver: () => boolean
}

interface ClientEndNeeds {
  readonly request: TransportRequest
  readonly to: Subscriber<TransportEvent>
  readonly up: Line
  /** This end is over. */
  readonly ended: () => void
}

export const clientEnd = ({ request, to, up, ended }: ClientEndNeeds): ClientEnd => {
  let state: 'connecting' | 'open' | 'closing' | 'gone' = 'connecting'

  const last = (event: TransportEvent): void => {
    if (state === 'gone') return
    state = 'gone'
    to.next(event)
    to.complete()
    ended()
  }
  const end = (code: number, reason: string): void => {
    last(closed(code, reason))
  }
  const refuse = (data: Data): void => {
    up.put(close(TOO_LARGE, ''))
    last(tooLarge(request.maxMessageBytes, data))
  }
  const socket: Socket = {
    protocol: request.protocols[0] ?? '',
    send: (data) => {
      if (state !== 'open') return false
      up.send(data)
      return true
    },
    buffered: up.buffered,
    close: (code, reason) => {
      if (state !== 'open') return
      state = 'closing'
      up.put(close(code, reason))
    },
  }

  return {
    arrived: (parcel) => {
      switch (parcel._tag) {
        case 'Opened':
          if (state !== 'connecting') return
          state = 'open'
          to.next({ _tag: 'Opened', socket })
          return
        case 'Message':
          if (state !== 'open') return
          if (exceeds(parcel.data, request.maxMessageBytes)) refuse(parcel.data)
          else to.next(parcel.data)
          return
        case 'Close':
          if (state === 'open') up.put(parcel)
          end(parcel.code, parcel.reason)
          return
        case 'Gone':
          end(ABNORMAL, '')
          return
        case 'Request':
      }
    },
    end,
    abandon: () => {
      if (state === 'gone') return
      state = 'gone'
      up.put(gone)
      ended()
    },
    isOver: () => state === 'gone',
  }
}
