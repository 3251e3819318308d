import { thrownText } from '../core/guard.js'
import type { StoreFailure } from './port.js'

export const failure = (because: StoreFailure['because'], message: string): StoreFailure =>
  Object.freeze({ because, message: message.slice(0, 200) })

export const busy = failure('busy', 'Another client holds this partition.')
/** The partition is free in at most so many ms, unless its holder turns out to be alive. */
export const leasedFor = (freeInMs: number): StoreFailure =>
  Object.freeze({
    ...failure('leased', 'The lease of an earlier client that cannot be seen is not over yet.'),
    freeInMs,
  })
export const fenced = failure('fenced', 'The lease of this partition was lost.')

/** The store gives no answer. */
export const unanswered = (limitMs: number): StoreFailure =>
  failure('failed', `The store did not answer within ${limitMs} ms.`)

/** Converts a platform's error, by the name of DOM exceptions or the code of Node's errors. */
export const failureOf = (thrown: unknown): StoreFailure => {
  const { name, code } = Object(thrown) as { readonly name?: unknown; readonly code?: unknown }
  const known = reasons[String(code)] ?? reasons[String(name)]
  return failure(known ?? 'failed', thrownText(thrown))
}

const reasons: Readonly<Record<string, StoreFailure['because']>> = {
  QuotaExceededError: 'full',
  NS_ERROR_DOM_QUOTA_REACHED: 'full',
  ENOSPC: 'full',
  EDQUOT: 'full',
  EFBIG: 'full',
  SecurityError: 'forbidden',
  NotAllowedError: 'forbidden',
  InvalidStateError: 'forbidden',
  EACCES: 'forbidden',
  EPERM: 'forbidden',
  EROFS: 'forbidden',
  VersionError: 'version',
}
