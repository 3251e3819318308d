import { authenticationError, type AuthenticationError } from '../core/error.js'

export const noToken = authenticationError({
  code: 'auth/no-token',
  message: 'The token source completed without a token.',
  remedy: 'Let the source emit a token, or null when nobody is signed in.',
  kind: 'terminal',
})

export const signedOut = authenticationError({
  code: 'auth/signed-out',
  message: 'The token source says that nobody is signed in.',
  remedy: 'Sign in: a token from the same source connects again, and so does connect().',
  kind: 'terminal',
})

export const rejected = authenticationError({
  code: 'auth/rejected',
  message: 'The server rejected the token, and the source gave no other that it accepts.',
  remedy: 'Let the source fetch a fresh token when its context says `reason: "rejected"`, then call connect().',
  kind: 'terminal',
})

export const overdue = (deadlineMs: number): AuthenticationError =>
  authenticationError({
    code: 'auth/timeout',
    message: `The token source gave nothing for ${deadlineMs} ms.`,
    remedy: 'Look at what the source waits for, or raise deadlines.tokenMs.',
    kind: 'retry',
  })

export const failed = (what: string): AuthenticationError =>
  authenticationError({
    code: 'auth/source-failed',
    message: `The token source failed: ${what}`,
    remedy: 'It is asked again after a wait; look at why it fails.',
    kind: 'retry',
  })
