import type { ClientFrame } from '../protocol/frame.js'

/**
 * Where a link stands. A hello is awaited; it is being checked; the client is welcome; the socket is being closed; it is
 * closed.
 */
export type Phase = 'Handshaking' | 'Checking' | 'Open' | 'Closing' | 'Closed'

/** The tag of a frame from a client. */
export type ClientTag = Extract<ClientFrame, { readonly t: string }>['t'] | 'p' | 's'

/** What becomes of a frame: it is taken, kept until the welcome, breaks the protocol, or comes too late to matter. */
export type Admission = 'take' | 'hold' | 'break' | 'drop'

const each = (admission: Admission): Readonly<Record<ClientTag, Admission>> => ({
  hello: admission,
  auth: admission,
  join: admission,
  leave: admission,
  history: admission,
  ping: admission,
  pong: admission,
  seen: admission,
  p: admission,
  s: admission,
})

/** Which frame may come when. */
export const admissions: Readonly<Record<Phase, Readonly<Record<ClientTag, Admission>>>> = {
  Handshaking: { ...each('break'), hello: 'take' },
  Checking: { ...each('hold'), hello: 'break', ping: 'take', pong: 'drop', seen: 'drop' },
  Open: { ...each('take'), hello: 'break' },
  Closing: each('drop'),
  Closed: each('drop'),
}

export const tagOf = (frame: ClientFrame): ClientTag => ('t' in frame ? frame.t : frame[0])
