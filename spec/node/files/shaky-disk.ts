import { defer, Observable, of } from 'rxjs'
import * as E from '#fp/Either'
import type { Disk, DiskFailure, Done } from '../../../lib/node/files/disk.js'

/** A step of a disk that waits to be taken. */
interface Step {
  /** As in `write journal-000000001`. */
  readonly name: string
  /** What changes, and what is answered. */
  readonly take: () => E.Either<DiskFailure, unknown>
  /** Does the first bytes of a write alone. */
  readonly tear?: (part: number) => void
  readonly answer: (answer: E.Either<DiskFailure, unknown>) => void
}

interface Content {
  /** What a reader sees, and what is on the disk. */
  seen: Buffer
  kept: Buffer
  /** What was written since the last sync. */
  writes: { readonly position: number; readonly bytes: Buffer }[]
}

type Names = Map<string, Content>

type Outcome = E.Either<DiskFailure, void>

/**
 * A disk that does what disks may: it keeps what was synced, and of the rest whatever it likes. Nothing happens but by
 * `step`.
 */
export interface ShakyDisk extends Disk {
  /** Takes the next step; false if none waits. */
  readonly step: () => boolean
  /** Takes steps until none waits. */
  readonly run: () => void
  readonly waiting: () => readonly string[]
  /** Every step that was taken. */
  readonly log: readonly string[]
  /** Says with what a step fails; half of a write that fails is done. */
  refuse: (step: string) => string | undefined
  /**
   * What another process finds. After the end of the process alone (`kill`) everything written is there; after that of the
   * machine what was synced is, and of the rest what chance leaves: whole writes, or the first bytes of them. The step that
   * waits may have been taken, or begun.
   */
  readonly after: (end: 'kill' | 'crash', chance: () => number) => ShakyDisk
  readonly names: () => readonly string[]
  readonly bytes: (name: string) => Buffer
  /** Changes a file behind everybody's back. */
  readonly damage: (name: string, change: (bytes: Buffer) => Buffer | undefined) => void
  /** Puts a file there behind everybody's back, in place of what has that name. */
  readonly put: (name: string, bytes: Buffer) => void
  /** The path leads to another directory now, and that is empty. */
  readonly lose: () => void
}

const failure = (code: string): E.Either<DiskFailure, never> => E.left({ code, message: `the disk says ${code}` })

/** `boot` names the run of the machine; with `''` it cannot be told. */
export const shakyDisk = (boot = 'boot 1', seen: Names = new Map()): ShakyDisk => {
  let kept: Names = new Map(seen)
  /** What was created, renamed and removed since the folder was synced. */
  let changes: ((names: Names) => void)[] = []
  const steps: Step[] = []
  const log: string[] = []
  let isHeld = false
  let isLost = false

  const step = <T>(name: string, take: () => E.Either<DiskFailure, T>, tear?: (part: number) => void): Done<T> =>
    new Observable((to) => {
      steps.push({
        name,
        take,
        ...(tear ? { tear } : {}),
        answer: (answer) => {
          to.next(answer as E.Either<DiskFailure, T>)
          to.complete()
        },
      })
    })
  const change = (apply: (names: Names) => void): Outcome => {
    apply(seen)
    changes.push(apply)
    return E.right(undefined)
  }
  const put = (content: Content, position: number, bytes: Buffer): Outcome => {
    content.seen = patched(content.seen, position, bytes)
    content.writes.push({ position, bytes })
    return E.right(undefined)
  }
  const sync = (content: Content): Outcome => {
    content.kept = content.seen
    content.writes = []
    return E.right(undefined)
  }
  const found = <T>(name: string, use: (content: Content) => E.Either<DiskFailure, T>): E.Either<DiskFailure, T> => {
    const content = seen.get(name)
    return content ? use(content) : failure('ENOENT')
  }

  /** The name of a file now; the one that it was created under if it has none. */
  const called = (content: Content, created: string): string =>
    [...seen].find(([, each]) => each === content)?.[0] ?? created

  const disk: ShakyDisk = {
    refuse: () => undefined,
    log,
    step: () => {
      const next = steps.shift()
      if (!next) return false
      log.push(next.name)
      const code = disk.refuse(next.name)
      if (code !== undefined) next.tear?.(0.5)
      next.answer(code === undefined ? next.take() : failure(code))
      return true
    },
    run: () => {
      while (disk.step());
    },
    waiting: () => steps.map(({ name }) => name),
    names: () => [...seen.keys()].sort(),
    bytes: (name) => seen.get(name)?.seen ?? Buffer.alloc(0),
    damage: (name, by) => {
      const content = seen.get(name)
      if (!content) throw new Error(`there is no ${name}`)
      const damaged = by(Buffer.from(content.seen))
      if (!damaged) {
        seen.delete(name)
        kept.delete(name)
      } else {
        content.seen = damaged
        content.kept = damaged
      }
    },
    put: (name, bytes) => {
      for (const names of [seen, kept]) names.set(name, { seen: bytes, kept: bytes, writes: [] })
    },
    lose: () => {
      isLost = true
      seen.clear()
      kept.clear()
      changes = []
    },
    after: (end, chance) => {
      const [next] = steps
      const luck = chance()
      if (next && luck < 0.4) next.take()
      else if (next && luck < 0.8) next.tear?.(chance())
      if (end === 'kill')
        return shakyDisk(
          boot,
          fresh(seen, ({ seen: bytes }) => bytes),
        )
      const names = new Map(kept)
      for (const each of changes.slice(0, Math.floor(chance() * (changes.length + 1)))) each(names)
      return shakyDisk(
        boot && `${boot}'`,
        fresh(names, (content) => survived(content, chance)),
      )
    },

    hold: () =>
      step('hold', () => {
        if (isHeld) return failure('EBUSY')
        isHeld = true
        return E.right({
          check: () => defer(() => of(isLost ? failure('ESTALE') : E.right(undefined))),
          release: () => {
            isHeld = false
          },
        })
      }),
    list: () => step('list', () => E.right([...seen.keys()])),
    read: (name, bytes) =>
      step(`read ${name}`, () => found(name, (content) => E.right(content.seen.subarray(0, bytes)))),
    create: (name) =>
      step(`create ${name}`, () => {
        if (seen.has(name)) return failure('EEXIST')
        const content: Content = { seen: Buffer.alloc(0), kept: Buffer.alloc(0), writes: [] }
        change((names) => names.set(name, content))
        return E.right({
          write: (bytes: Uint8Array, position: number) => {
            const copy = Buffer.from(bytes)
            return step(
              `write ${called(content, name)}`,
              () => put(content, position, copy),
              (part) => {
                put(content, position, copy.subarray(0, Math.floor(part * copy.length)))
              },
            )
          },
          sync: () => step(`sync ${called(content, name)}`, () => sync(content)),
          named: (now: string) => defer(() => of(seen.get(now) === content ? E.right(undefined) : failure('ESTALE'))),
          close: () => step(`close ${name}`, () => E.right(undefined)),
        })
      }),
    rename: (from, to) =>
      step(`rename ${from} ${to}`, () =>
        found(from, () =>
          change((names) => {
            const content = names.get(from)
            if (!content) return
            names.delete(from)
            names.set(to, content)
          }),
        ),
      ),
    remove: (name) => step(`remove ${name}`, () => found(name, () => change((names) => names.delete(name)))),
    syncFile: (name) => step(`sync ${name}`, () => found(name, sync)),
    sync: () =>
      step('sync', () => {
        kept = new Map(seen)
        changes = []
        return E.right(undefined)
      }),
    boot: () => step('boot', () => E.right(boot === '' ? undefined : boot)),
  }
  return disk
}

const patched = (bytes: Buffer, position: number, by: Buffer): Buffer => {
  const whole = Buffer.alloc(Math.max(bytes.length, position + by.length))
  bytes.copy(whole)
  by.copy(whole, position)
  return whole
}

const fresh = (names: Names, bytesOf: (content: Content) => Buffer): Names =>
  new Map(
    [...names].map(([name, content]) => {
      const bytes = bytesOf(content)
      return [name, { seen: bytes, kept: bytes, writes: [] }]
    }),
  )

const survived = ({ kept, writes }: Content, chance: () => number): Buffer => {
  let bytes = kept
  for (const { position, bytes: written } of writes) {
    const luck = chance()
    if (luck < 0.3) bytes = patched(bytes, position, written)
    else if (luck < 0.6) bytes = patched(bytes, position, written.subarray(0, Math.floor(chance() * written.length)))
  }
  return bytes
}
