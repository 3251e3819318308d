import * as E from '#fp/Either'
import type { Logged } from '../../../lib/protocol/codec.js'
import type { Answer, Feed } from '../../../lib/server/engine.js'
import type { From } from '../../../lib/protocol/frame.js'
import { filesOn, type FilesOptions } from '../../../lib/node/files/files.js'
import type { FilesEngine } from '../../../lib/node/files/opening.js'
import { virtualTime, type VirtualTime } from '../../../lib/testing/virtual.js'
import { counted } from '../../server/support/world.js'
import type { ShakyDisk } from './shaky-disk.js'

export interface Opened {
  readonly engine: FilesEngine
  readonly time: VirtualTime
  readonly faults: readonly string[]
  readonly isComplete: () => boolean
}

const runs = counted('run')

interface Opening {
  readonly time: VirtualTime
  readonly opened: () => E.Either<string, FilesEngine>
  readonly isComplete: () => boolean
}

/** Begins to open; the disk takes no step. */
export const opening = (disk: ShakyDisk, options: Partial<FilesOptions>): Opening => {
  const time = virtualTime()
  const run = runs()
  let isComplete = false
  let opened: E.Either<string, FilesEngine> = E.left('no answer')
  filesOn(() => disk, {
    directory: 'd',
    scheduler: time,
    wall: time.now,
    ids: counted(`${run} id`),
    epochs: counted(`${run} E`),
    tableEpochs: counted(`${run} T`),
    ...options,
  }).subscribe({
    next: (result) => {
      opened = E.isLeft(result) ? E.left(`${result.left.code}: ${result.left.message}`) : result
    },
    complete: () => {
      isComplete = true
    },
  })
  return { time, opened: () => opened, isComplete: () => isComplete }
}

/** What an opening came to; the disk takes all the steps that it needs. */
export const tryOpen = (disk: ShakyDisk, options: Partial<FilesOptions> = {}): E.Either<string, Opened> => {
  const { time, opened, isComplete } = opening(disk, options)
  disk.run()
  const engine = opened()
  if (E.isLeft(engine)) return engine
  const faults: string[] = []
  engine.right.faults$.subscribe(({ message }) => faults.push(message))
  return E.right({ engine: engine.right, time, faults, isComplete })
}

export const open = (disk: ShakyDisk, options: Partial<FilesOptions> = {}): Opened => {
  const opened = tryOpen(disk, options)
  if (E.isLeft(opened)) throw new Error(opened.left)
  return opened.right
}

/** An answer that may still come; `then` is done while it is told. */
export const asked = <T>(
  answer: Answer<T>,
  then: () => void = () => undefined,
): { readonly value: () => T | undefined; readonly failure: () => string | undefined } => {
  let value: T | undefined
  let failure: string | undefined
  answer.subscribe((each) => {
    if (E.isLeft(each)) failure = each.left.message
    else value = each.right
    then()
  })
  return { value: () => value, failure: () => failure }
}

/** An answer once the disk has taken all steps. */
export const now = <T>(disk: ShakyDisk, answer: Answer<T>): T => {
  const { value, failure } = asked(answer)
  disk.run()
  if (failure() !== undefined) throw new Error(failure())
  return value() as T
}

/** All that a room holds. */
export const logOf = (
  disk: ShakyDisk,
  engine: FilesEngine,
  room: string,
): { readonly epoch: string; readonly messages: readonly Logged[] } => {
  const page = now(disk, engine.read(room, { epoch: '', offset: 0 }, { count: 1e9, bytes: 1e9 }))
  return { epoch: page?.base.epoch ?? '', messages: page?.messages ?? [] }
}

export const following = (engine: FilesEngine, room: string, from?: From): readonly Feed[] => {
  const told: Feed[] = []
  engine.follow(room, from).subscribe((each) => {
    if (E.isRight(each)) told.push(each.right)
  })
  return told
}
