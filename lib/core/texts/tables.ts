import type { Telling } from './text.js'

/** The words of errors of tables. */
export const tables = {
  'room/no-tables': ({ room }) => [
    `${room} has no tables: the server has none, or the room is its own.`,
    'Run a server whose engine has tables: memory() and files() have them.',
  ],
  'room/unanswered': ({ room }) => [
    `The connection was lost before a write to a table of ${room} was answered.`,
    'Look at the state after the next connection, and write again if it is needed.',
  ],
} satisfies Readonly<Record<string, Telling>>
