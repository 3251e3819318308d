import { concatMap, filter, map, Observable, type SchedulerLike, share, startWith, takeWhile, throwError } from 'rxjs'
import type { Socket, Transport, TransportEvent } from '../../../lib/core/ports.js'
import { transportSuite } from '../../../lib/testing/conformance/transport.js'
import { failing } from '../../support/failing.js'
import { memoryRig } from '../../transport/memory-rig.js'

const isData = (event: TransportEvent): event is string | Uint8Array =>
  typeof event === 'string' || event instanceof Uint8Array
const isClosed = (event: TransportEvent): boolean => !isData(event) && event._tag === 'Closed'

/** A transport whose events are changed. */
const events =
  (change: (events$: Observable<TransportEvent>) => Observable<TransportEvent>) =>
  (transport: Transport): Transport =>
  (request) =>
    change(transport(request))

/** A transport whose sockets are changed. */
const sockets = (change: (socket: Socket) => Partial<Socket>) =>
  events(
    map((event) =>
      !isData(event) && event._tag === 'Opened'
        ? { ...event, socket: { ...event.socket, ...change(event.socket) } }
        : event,
    ),
  )

interface Fault {
  readonly what: string
  /** Puts the fault before a sound transport. */
  readonly behind: (transport: Transport, scheduler: SchedulerLike) => Transport
  /** A case that must find it. */
  readonly found: string
}

const faults: readonly Fault[] = [
  {
    what: 'doubles a message',
    behind: events(concatMap((event) => (isData(event) ? [event, event] : [event]))),
    found: '[TR10] hundreds of messages each way arrive in order',
  },
  {
    what: 'loses empty messages',
    behind: events(filter((event) => !isData(event) || event.length > 0)),
    found: '[TR2] carries texts and bytes both ways, in order',
  },
  {
    what: 'gives texts as bytes',
    behind: events(map((event) => (typeof event === 'string' ? new TextEncoder().encode(event) : event))),
    found: '[TR2] carries texts and bytes both ways, in order',
  },
  {
    what: 'sends later what it was given',
    behind: (transport, scheduler) =>
      sockets((socket) => ({
        send: (data) => {
          scheduler.schedule(() => socket.send(data))
          return true
        },
      }))(transport),
    found: '[TR2] sends bytes as they were when they were sent',
  },
  {
    what: 'speaks within the call',
    behind: events(startWith('hello')),
    found: '[TR3] hears nothing within the call that sends or subscribes',
  },
  {
    what: 'asks for no subprotocol',
    behind: (transport) => (request) => transport({ ...request, protocols: [] }),
    found: '[TR1] [P30] opens with the protocol that was agreed on, on both sides',
  },
  {
    what: 'shares one socket',
    behind: events(share()),
    found: '[TR1] does nothing before it is subscribed to, and a socket of its own for each subscription',
  },
  {
    what: 'opens when it is called',
    behind: (transport) => (request) => {
      const heard$ = transport(request).pipe(share())
      heard$.subscribe()
      return heard$
    },
    found: '[TR1] does nothing before it is subscribed to, and a socket of its own for each subscription',
  },
  {
    what: 'errors when it is refused',
    behind: events(concatMap((event) => (isClosed(event) ? throwError(() => new Error('refused')) : [event]))),
    found: '[TR6] a refused connection is closed with 1006',
  },
  {
    what: 'takes a broken link for a clean end',
    behind: events(map((event) => (!isData(event) && event._tag === 'Closed' ? { ...event, code: 1000 } : event))),
    found: '[TR6] a link that breaks is closed with 1006, on both sides',
  },
  {
    what: 'does not say why it ended',
    behind: events(filter((event) => !isClosed(event))),
    found: '[TR4] tells once why the server closed, and completes',
  },
  {
    what: 'never completes',
    behind: (transport) => (request) => withoutEnd(transport(request)),
    found: '[TR4] tells once why the server closed, and completes',
  },
  {
    what: 'claims to send on a closed socket',
    behind: sockets((socket) => ({ send: (data) => socket.send(data) || true })),
    found: '[TR5] says false to sending on a socket that is closing or closed, and does not throw',
  },
  {
    what: 'throws on a closed socket',
    behind: sockets((socket) => ({
      send: (data) => {
        if (!socket.send(data)) throw new Error('closed')
        return true
      },
    })),
    found: '[TR5] says false to sending on a socket that is closing or closed, and does not throw',
  },
  {
    what: 'keeps the socket of who has gone',
    behind: (transport) => (request) =>
      new Observable((to) => {
        transport(request).subscribe({ next: (event) => to.next(event), complete: () => to.complete() })
      }),
    found: '[TR8] [P13] abandoned while open, it hears nothing more, and the server hears of it',
  },
  {
    what: 'counts characters where bytes are meant',
    behind: (transport) => (request) =>
      transport({ ...request, maxMessageBytes: Infinity }).pipe(
        concatMap((event) =>
          isData(event) && event.length > request.maxMessageBytes
            ? [{ _tag: 'Closed' as const, code: 1009, reason: 'too large' }]
            : [event],
        ),
        takeWhile((event) => !isClosed(event), true),
      ),
    found: '[TR9] a message at the limit is heard, one beyond it closes with 1009',
  },
  {
    what: 'takes every 1009 for its own',
    behind: events(
      map((event) =>
        !isData(event) && event._tag === 'Closed' && event.code === 1009 ? { ...event, own: true as const } : event,
      ),
    ),
    found: '[TR9] a server that closes with 1009 is not taken for this side',
  },
  {
    what: 'drops the reason of a close',
    behind: sockets((socket) => ({ close: (code) => socket.close(code, '') })),
    found: '[TR4] closes with a reason of any length, cut to what fits',
  },
]

/** Passes everything on but the completion. */
const withoutEnd = (events$: Observable<TransportEvent>): Observable<TransportEvent> =>
  new Observable((to) => events$.subscribe((event) => to.next(event)))

describe('a transport that', () => {
  it.each(faults)('[CF4] $what is found', async ({ behind, found }) => {
    const failed = await failing(transportSuite(memoryRig({}, behind)), found)
    expect(failed.map(({ name }) => name)).toContain(found)
  })
})
