import type { ClientFrame } from '../protocol/frame.js'

/**
 * The state of a connection: the server awaits the hello; it checks the hello; the client is welcome; the socket
 * closes; the socket is closed.
 */
export type Phase = 'Handshaking' | 'Checking' | 'Open' | 'Closing' | 'Closed'

/** The tag of a frame from a client. */
export type ClientTag = Extract<ClientFrame, { readonly t: string }>['t'] | 'p' | 's'

/** The handling of a frame: take it, hold it until the welcome, treat it as a protocol violation, or drop it as too late. */
export type Admission = 'take' | 'hold' | 'break' | 'drop'

const each = (admission: Admission): Readonly<Record<ClientTag, Admission>> => ({
  hello: admission,
  auth: admission,
  join: admission,
  joins: admission,
  leave: admission,
  history: admission,
  view: admission,
  put: admission,
  quit: admission,
  call: admission,
  cancel: admission,
  credit: admission,
  reply: admission,
  ping: admission,
  pong: admission,
  seen: admission,
  p: admission,
  s: admission,
})

/** The frames that each phase admits. */
export const admissions: Readonly<Record<Phase, Readonly<Record<ClientTag, Admission>>>> = {
  Handshaking: { ...each('break'), hello: 'take' },
  Checking: { ...each('hold'), hello: 'break', ping: 'take', pong: 'drop', seen: 'drop' },
  Open: { ...each('take'), hello: 'break' },
  Closing: each('drop'),
  Closed: each('drop'),
}

export const tagOf = (frame: ClientFrame): ClientTag => ('t' in frame ? frame.t : frame[0])
