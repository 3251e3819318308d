import { stat } from 'node:fs'
import { map } from 'rxjs'
import * as E from '#fp/Either'
import { fromCallback } from './from-callback.js'
import type { Done } from './disk.js'

/** The identity of a file or directory, independent of its name. */
export interface Identity {
  readonly device: bigint
  readonly number: bigint
}

interface Stats {
  readonly dev: bigint
  readonly ino: bigint
}

export const identity = ({ dev, ino }: Stats): Identity => ({ device: dev, number: ino })

/** Returns the identity of the file or directory at a path. */
export const identityAt = (path: string): Done<Identity> =>
  fromCallback<Stats>((back) => {
    stat(path, { bigint: true }, back)
  }).pipe(map(E.map(identity)))

/** Fails with `ESTALE` unless the path leads to this file or directory. */
export const stillAt = (path: string, { device, number }: Identity): Done =>
  identityAt(path).pipe(
    map((now) => {
      if (E.isRight(now) && now.right.device === device && now.right.number === number) return E.right(undefined)
      if (E.isLeft(now) && now.left.code !== 'ENOENT' && now.left.code !== 'ENOTDIR') return now
      return E.left({ code: 'ESTALE', message: `${path} was removed or replaced` })
    }),
  )
