import { stat } from 'node:fs'
import { map } from 'rxjs'
import * as E from '#fp/Either'
import { fromCallback } from './from-callback.js'
import type { Done } from './disk.js'

/** A file or directory itself, whatever it is called. */
export interface Identity {
  readonly device: bigint
  readonly number: bigint
}

interface Stats {
  readonly dev: bigint
  readonly ino: bigint
}

export const identity = ({ dev, ino }: Stats): Identity => ({ device: dev, number: ino })

/** The identity of whatever a path leads to now. */
export const identityAt = (path: string): Done<Identity> =>
  fromCallback<Stats>((back) => {
    stat(path, { bigint: true }, back)
  }).pipe(map(E.map(identity)))

/** Fails with `ESTALE` unless a path leads to this file or directory. */
export const stillAt = (path: string, { device, number }: Identity): Done =>
  identityAt(path).pipe(
    map((now) => {
      if (E.isRight(now) && now.right.device === device && now.right.number === number) return E.right(undefined)
      if (E.isLeft(now) && now.left.code !== 'ENOENT' && now.left.code !== 'ENOTDIR') return now
      return E.left({ code: 'ESTALE', message: `${path} was removed or replaced` })
    }),
  )
