import type { Socket, TransportEvent, TransportRequest } from '../../../core/ports.js'
import { type Case, caseOf, using } from '../case.js'
import { equals, holds, present } from '../check.js'
import { eventually, type Until } from '../eventually.js'
import { type Accepted, type Heard, listen, type Notebook, notebook } from './notes.js'
import type { StartTransport, TransportRig } from './rig.js'

/** The subprotocol, and below it the message limit in bytes, that every case requests by default. */
export const PROTOCOL = 'spec.v1'
export const LIMIT = 1_000

type At = (event: TransportEvent, heard: Heard) => void

/** The events that a client received on a connection that has opened. */
export interface Opened extends Heard {
  socket: Socket
}

/** A transport under test, with the helpers that the cases use. */
export interface TransportBench {
  readonly rig: TransportRig
  readonly server: Notebook
  readonly until: Until
  readonly request: TransportRequest
  /** Subscribes to the transport. */
  readonly attempt: (at?: At) => Heard
  /** Subscribes and waits until the connection is open on both sides. */
  readonly open: () => Promise<Opened>
  /** Returns the socket that the server accepted last. */
  readonly last: () => Accepted
}

/** Makes a case that tests a transport. */
export type TransportCase = (name: string, run: (bench: TransportBench) => Promise<void>) => Case

/** Makes cases that each start and dispose a transport of their own. */
export const transportCase =
  (start: StartTransport): TransportCase =>
  (name, run) =>
    caseOf(name, async () => {
      const server = notebook()
      const rig = await start(server.accept)
      const attempts: Heard[] = []
      await using(
        () => run(benchOf(rig, server, attempts)),
        async () => {
          for (const heard of attempts) heard.abandon()
          await rig.calm()
          await rig.dispose()
        },
      )
    })

const benchOf = (rig: TransportRig, server: Notebook, attempts: Heard[]): TransportBench => {
  const request: TransportRequest = { url: rig.url, protocols: [PROTOCOL], maxMessageBytes: LIMIT }
  const until: Until = async (what, condition) => {
    const isErrored = ({ errored }: Heard): boolean => errored !== undefined
    await (rig.until ?? eventually)(what, () => attempts.some(isErrored) || condition())
    const errors = attempts.filter(isErrored).map(({ errored }) => errored)
    equals('errors of the transport, which is to have none', errors, [])
  }
  const attempt = (at?: At): Heard => {
    const heard = listen(rig.transport, request, at)
    attempts.push(heard)
    return heard
  }
  return {
    rig,
    server,
    until,
    request,
    attempt,
    open: async () => {
      const before = server.accepted.length
      const heard = attempt()
      await until('open on both sides', () => heard.socket !== undefined && server.accepted.length > before)
      return heard as Opened
    },
    last: () => present('an accepted socket', server.accepted.at(-1)),
  }
}

/** Checks that the client received this data after `Opened`, and then one `Closed` with this code. */
export const endsWith = (heard: Heard, data: readonly unknown[], code: number, reason?: string): void => {
  const [opened, ...events] = heard.events
  holds('it opened first', typeof opened === 'object' && '_tag' in opened && opened._tag === 'Opened')
  equals('data', events.slice(0, -1), data)
  isClosed(events.at(-1), code, reason)
}

/** Checks that the event is `Closed` with this code, and with this reason if one is given. */
export const isClosed = (event: TransportEvent | undefined, code: number, reason?: string): void => {
  holds('the last event is Closed', typeof event === 'object' && '_tag' in event && event._tag === 'Closed')
  equals('code', event.code, code)
  if (reason === undefined) equals('the type of the reason', typeof event.reason, 'string')
  else equals('reason', event.reason, reason)
}
