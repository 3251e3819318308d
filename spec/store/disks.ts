import { linkSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { defer, firstValueFrom, map, type Observable, throwError } from 'rxjs'
import * as E from '#fp/Either'
import { type Disk, platformDisk } from '../../lib/node/store/disk.js'
import type { Stored, StoreFailure } from '../../lib/store/port.js'

/** The value of an act's answer; a failure fails the spec. */
export const value = async <T>(answer$: Stored<T>): Promise<T> => {
  const answer = await firstValueFrom(answer$)
  if (E.isLeft(answer)) throw new Error(`${answer.left.because}: ${answer.left.message}`)
  return answer.right
}
/** Why an act failed; empty if it did not. */
export const failed = async (answer$: Stored<unknown>): Promise<StoreFailure['because'] | ''> => {
  const answer = await firstValueFrom(answer$)
  return E.isLeft(answer) ? answer.left.because : ''
}

export type Instead = (act: keyof Disk, given: readonly unknown[], go: () => Observable<never>) => Observable<unknown>

/** A disk that asks before everything it does. */
export const asking = (instead: Instead): Disk => {
  const acts = Object.entries(platformDisk) as unknown as readonly [
    keyof Disk,
    (...given: unknown[]) => Observable<never>,
  ][]
  return Object.fromEntries(
    acts.map(([name, act]) => [name, (...given: unknown[]) => defer(() => instead(name, given, () => act(...given)))]),
  ) as unknown as Disk
}

/** A disk whose processes can die: their sockets stay as files, and nobody listens there any more. */
export const dying = (disk: Disk): { readonly disk: Disk; readonly die: () => Promise<void> } => {
  const open = new Map<string, () => Observable<unknown>>()
  const die = async (): Promise<void> => {
    for (const [path, close] of open) {
      linkSync(path, `${path}~`)
      await firstValueFrom(close(), { defaultValue: undefined })
      renameSync(`${path}~`, path)
    }
    open.clear()
  }
  const listen: Disk['listen'] = (folder, name) =>
    disk.listen(folder, name).pipe(
      map((close) => {
        const path = join(folder, name)
        open.set(path, close)
        return () => defer(() => (open.delete(path), close()))
      }),
    )
  return { disk: { ...disk, listen }, die }
}

export const failing = (code: string): Observable<never> => throwError(() => Object.assign(new Error(code), { code }))
