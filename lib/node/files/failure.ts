import { connectionError, type ConnectionError } from '../../core/error.js'
import type { DiskFailure } from './disk.js'

export const failureOf = ({ code = 'EUNKNOWN', message }: NodeJS.ErrnoException): DiskFailure => ({ code, message })

/** Returns the error for an unusable directory, with its cause and remedy. */
export const unusable = (directory: string, { code, message }: DiskFailure): ConnectionError => {
  const [name, remedy] = meanings[code] ?? [
    'unusable',
    'Choose another directory, or see what the system says of this one.',
  ]
  return connectionError({
    code: `server/directory-${name}`,
    message: `Cannot keep rooms in ${directory}: ${message}.`,
    remedy,
    kind: 'terminal',
  })
}

const notOne = ['unusable', 'Give a directory; it is made if it does not exist.'] as const
const forbidden = ['forbidden', 'Give a directory that this user may write to.'] as const
const full = ['full', 'Make room on the disk, or choose a directory on another one.'] as const

const meanings: Readonly<Record<string, readonly [name: string, remedy: string]>> = {
  EBUSY: ['busy', 'Stop the server that uses it, or choose another directory.'],
  EVERSION: ['version', 'Use the version of rx-rooms that wrote it, or choose another directory.'],
  ENOTDIR: notOne,
  EEXIST: notOne,
  EACCES: forbidden,
  EPERM: forbidden,
  EROFS: forbidden,
  ENOSPC: full,
  EDQUOT: full,
}
