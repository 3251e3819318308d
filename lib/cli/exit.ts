import type { WebSocketError } from '../core/error.js'

/** The end of a command: its exit code, and one line with the reason unless it is 0. */
export interface Exit {
  readonly code: number
  readonly because?: string
}

/** The exit codes with their meanings; `--help` shows them, and docs/cli.md explains them. */
export const exitCodes = {
  done: { code: 0, means: 'done: everything that was asked for' },
  undelivered: { code: 1, means: 'send: not every message was acknowledged' },
  failed: { code: 1, means: 'call, ask: no answer, or an error that the contract declares' },
  usage: { code: 2, means: 'wrong usage or bad input: an argument, the URL, a token file, a line that is not JSON' },
  unreachable: { code: 3, means: 'the server cannot be reached, or serve cannot listen' },
  refused: { code: 4, means: 'the server refused the token or a room' },
  data: { code: 5, means: 'serve cannot keep rooms in the directory of --data' },
  defect: { code: 70, means: 'a defect of rx-rooms' },
  output: { code: 74, means: 'what was to be printed cannot be written' },
  SIGINT: { code: 130, means: 'ended by Ctrl-C (SIGINT)' },
  SIGTERM: { code: 143, means: 'ended by SIGTERM' },
} as const

export type Ending = keyof typeof exitCodes

export const done: Exit = { code: exitCodes.done.code }

export const exit = (ending: Ending, because: string): Exit => ({ code: exitCodes[ending].code, because })

/** Maps an error of the client to the end of the command. */
export const endingOf = ({ _tag, code }: WebSocketError): Ending => {
  if (_tag === 'ConfigError') return 'usage'
  if (code === 'connection/defect') return 'defect'
  if (_tag === 'AuthenticationError' || _tag === 'RoomError') return 'refused'
  return /^(session\/|server\/origin$)/.test(code) ? 'refused' : 'unreachable'
}

/** Describes an error in one line: its message, and its code for a lookup. */
export const inWords = ({ message, code }: WebSocketError): string => `${message.replace(/[.]$/, '')} (${code})`
