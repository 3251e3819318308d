import { authenticationError, type AuthenticationError } from '../core/error.js'
import { told } from '#texts'

export const noToken = authenticationError({ ...told('auth/no-token', { of: 'source' }), kind: 'terminal' })

export const signedOut = authenticationError({ ...told('auth/signed-out'), kind: 'terminal' })

export const rejected = authenticationError({ ...told('auth/rejected'), kind: 'terminal' })

export const overdue = (deadlineMs: number): AuthenticationError =>
  authenticationError({ ...told('auth/timeout', { deadlineMs }), kind: 'retry' })

export const failed = (said: string): AuthenticationError =>
  authenticationError({ ...told('auth/source-failed', { said }), kind: 'retry' })
