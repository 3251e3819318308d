import { closedWords, handshakeWords } from './connection.js'
import type { Telling } from './text.js'

/** The words of errors of tokens. */
export const token = {
  'auth/no-token': ({ of }) =>
    of === 'source'
      ? [
          'The token source completed without a token.',
          'Let the source emit a token, or null when nobody is signed in.',
        ]
      : [
          'The server wants a token, and there is no source of tokens.',
          'Give createClient the option token: tokens(source).',
        ],
  'auth/signed-out': () => [
    'The token source says that nobody is signed in.',
    'Sign in: a token from the same source connects again, and so does connect().',
  ],
  'auth/rejected': (about) => {
    switch (about['of']) {
      case 'close':
        return closedWords(about)
      case 'handshake':
        return handshakeWords(about)
      default:
        return [
          'The server rejected the token, and the source gave no other that it accepts.',
          'Let the source fetch a fresh token when its context says `reason: "rejected"`, then call connect().',
        ]
    }
  },
  'auth/timeout': ({ deadlineMs }) => [
    `The token source gave nothing for ${deadlineMs} ms.`,
    'Look at what the source waits for, or raise `withinMs` of tokens(source, options).',
  ],
  'auth/source-failed': ({ said }) => [
    `The token source failed: ${said}`,
    'It is asked again after a wait; look at why it fails.',
  ],
} satisfies Readonly<Record<string, Telling>>
