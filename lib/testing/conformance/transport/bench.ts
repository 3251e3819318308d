import type { Socket, TransportEvent, TransportRequest } from '../../../core/ports.js'
import { type Case, caseOf, using } from '../case.js'
import { equals, holds, present } from '../check.js'
import { eventually, type Until } from '../eventually.js'
import { type Accepted, type Heard, listen, type Notebook, notebook } from './notes.js'
import type { StartTransport, TransportRig } from './rig.js'

/** What every case asks for, if it does not say otherwise. */
export const PROTOCOL = 'spec.v1'
export const LIMIT = 1_000

type At = (event: TransportEvent, heard: Heard) => void

/** What a client heard of an attempt that has opened. */
export interface Opened extends Heard {
  socket: Socket
}

/** A transport with everything that cases need to use it. */
export interface TransportBench {
  readonly rig: TransportRig
  readonly server: Notebook
  readonly until: Until
  readonly request: TransportRequest
  /** Subscribes. */
  readonly attempt: (at?: At) => Heard
  /** Subscribes, and waits until both sides are open. */
  readonly open: () => Promise<Opened>
  /** The socket that the server accepted last. */
  readonly last: () => Accepted
}

/** How a case of transports is written. */
export type TransportCase = (name: string, run: (bench: TransportBench) => Promise<void>) => Case

/** Cases over transports that are started for them. */
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

/** What was heard after the opening is this, and the end of it one `Closed` with this code. */
export const endsWith = (heard: Heard, data: readonly unknown[], code: number, reason?: string): void => {
  const [opened, ...events] = heard.events
  holds('it opened first', typeof opened === 'object' && '_tag' in opened && opened._tag === 'Opened')
  equals('data', events.slice(0, -1), data)
  isClosed(events.at(-1), code, reason)
}

/** It is `Closed` with this code, and with this reason if one is given. */
export const isClosed = (event: TransportEvent | undefined, code: number, reason?: string): void => {
  holds('the last event is Closed', typeof event === 'object' && '_tag' in event && event._tag === 'Closed')
  equals('code', event.code, code)
  if (reason === undefined) equals('the type of the reason', typeof event.reason, 'string')
  else equals('reason', event.reason, reason)
}
