import { calls } from './calls.js'
import { client } from './client.js'
import { config } from './config.js'
import { connection } from './connection.js'
import { delivery } from './delivery.js'
import { history } from './history.js'
import { room } from './room.js'
import { signals } from './signals.js'
import { stream } from './stream.js'
import { tables } from './tables.js'
import type { About, Telling, Words } from './text.js'
import { token } from './token.js'

const words = {
  ...calls,
  ...client,
  ...config,
  ...connection,
  ...delivery,
  ...history,
  ...room,
  ...signals,
  ...stream,
  ...tables,
  ...token,
} satisfies Readonly<Record<string, Telling>>

/** The codes that have words here. */
export type Code = keyof typeof words

export const isCode = (code: string): code is Code => Object.hasOwn(words, code)

/** Makes the message and the remedy of an error. */
export const wordsOf = (code: Code, about: About = {}): Words => {
  const [message, remedy] = words[code](about)
  return { message, remedy }
}
