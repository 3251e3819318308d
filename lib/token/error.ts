import { authenticationError, type AuthenticationError } from '../core/error.js'
import type { About } from '../core/texts/text.js'
import { type Code, told } from '#texts'

const terminal = (code: Code & `auth/${string}`, about?: About): AuthenticationError =>
  authenticationError({ ...told(code, about), kind: 'terminal' })

export const noToken = /*#__PURE__*/ terminal('auth/no-token', { of: 'source' })

export const signedOut = /*#__PURE__*/ terminal('auth/signed-out')

export const rejected = /*#__PURE__*/ terminal('auth/rejected')

export const overdue = (deadlineMs: number): AuthenticationError =>
  authenticationError({ ...told('auth/timeout', { deadlineMs }), kind: 'retry' })

export const failed = (said: string): AuthenticationError =>
  authenticationError({ ...told('auth/source-failed', { said }), kind: 'retry' })
