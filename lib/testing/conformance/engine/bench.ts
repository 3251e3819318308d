import * as E from '#fp/Either'
import { asyncScheduler, type SchedulerLike } from 'rxjs'
import type { Logged } from '../../../protocol/codec.js'
import type { From } from '../../../protocol/frame.js'
import type { Answer, Engine, Entry, Feed, Head, Outcome } from '../../../server/engine.js'
import { type Case, caseOf, using } from '../case.js'
import { equals, holds, present } from '../check.js'
import { eventually, type Until } from '../eventually.js'
import type { EngineBounds, EngineRig, StartEngine } from './rig.js'

/** A subscription to the feed of a room, with everything that the feed has emitted. */
export interface Following {
  readonly told: readonly Feed[]
  readonly messages: () => readonly Logged[]
  readonly stop: () => void
}

/** An engine under test, with the helpers that the cases use. */
export interface EngineBench {
  readonly engine: () => Engine
  readonly scheduler: SchedulerLike
  readonly until: Until
  /** Waits for the answer of the engine. Fails unless the engine emits exactly one value, without a failure, and completes. */
  readonly ask: <T>(answer: Answer<T>, what?: string) => Promise<T>
  readonly outcomes: (room: string, ...entries: readonly Entry[]) => Promise<readonly Outcome[]>
  /** Appends entries and returns each outcome as a short text. */
  readonly append: (room: string, ...entries: readonly Entry[]) => Promise<readonly string[]>
  readonly head: (room: string) => Promise<Head>
  /** Reads the whole log of a room, page by page. */
  readonly log: (room: string) => Promise<readonly Logged[]>
  /** Subscribes to a room and waits for the `Base` of its feed. */
  readonly follow: (room: string, from?: From) => Promise<Following>
  /** Waits until pending messages have arrived: makes some round trips in another room. */
  readonly calm: () => Promise<void>
  readonly reopen: (how: 'closed' | 'killed') => Promise<void>
  readonly drop: (room: string) => Promise<void>
}

/** Makes a case that tests an engine. */
export type EngineCase = (
  name: string,
  run: (bench: EngineBench) => Promise<void>,
  bounds?: Partial<EngineBounds>,
) => Case

/** Makes cases that each start and dispose an engine of their own. */
export const engineCase =
  (start: StartEngine): EngineCase =>
  (name, run, bounds = {}) =>
    caseOf(name, async () => {
      const rig = await start({ messages: 1_000, ...bounds })
      const { bench, stop } = benchOf(rig)
      await using(
        () => run(bench),
        async () => {
          stop()
          await rig.dispose?.()
        },
      )
    })

const benchOf = (rig: EngineRig): { readonly bench: EngineBench; readonly stop: () => void } => {
  const { scheduler = asyncScheduler } = rig
  const feeds = new Set<Following>()
  const faults: string[] = []
  let engine = rig.engine
  let fences = 0

  const until: Until = async (what, condition) => {
    // Operations that the case started in parallel begin first.
    await Promise.resolve()
    await (rig.until ?? eventually)(what, () => faults.length > 0 || condition())
    equals('what went wrong', faults, [])
  }

  const ask = async <T>(answer: Answer<T>, what = 'an answer'): Promise<T> => {
    const answers: T[] = []
    let isComplete = false
    answer.subscribe({
      next: (each) => {
        if (E.isLeft(each)) faults.push(`${what} is a failure: ${each.left.message}`)
        else answers.push(each.right)
      },
      error: (thrown: unknown) => {
        faults.push(`${what} is an error, where failures are values: ${String(thrown)}`)
      },
      complete: () => {
        isComplete = true
      },
    })
    await until(`${what}, and its completion`, () => isComplete)
    equals(`how often ${what} comes`, answers.length, 1)
    return answers[0] as T
  }
  const head = async (room: string): Promise<Head> =>
    present(`the head of ${room}`, await ask(engine.head(room), `the head of ${room}`))
  const outcomes = (room: string, ...entries: readonly Entry[]): Promise<readonly Outcome[]> =>
    ask(engine.append(room, entries), `the outcomes of ${entries.length} entries`)

  const log = async (room: string): Promise<readonly Logged[]> => {
    const { epoch, first, head: last } = await head(room)
    const messages: Logged[] = []
    for (let offset = first - 1; offset < last; offset = messages.at(-1)?.offset ?? last) {
      const page = present('a page', await ask(engine.read(room, { epoch, offset }, { count: 100, bytes: 100_000 })))
      holds(`a page after ${offset} of ${last} has messages`, page.messages.length > 0)
      messages.push(...page.messages)
    }
    return messages
  }
  const follow = async (room: string, from?: From): Promise<Following> => {
    const following = listen(engine, room, from, (what) => {
      faults.push(what)
    })
    feeds.add(following)
    await until(`the base of ${room}`, () => following.told.length > 0)
    equals(`what a feed says first`, following.told[0]?._tag, 'Base')
    return following
  }
  const calm = async (): Promise<void> => {
    for (let trip = 0; trip < 3; trip++) await outcomes('fence', entry(++fences, { producer: 'fence' }))
  }

  const bench: EngineBench = {
    engine: () => engine,
    scheduler,
    until,
    ask,
    outcomes,
    append: async (room, ...entries) => (await outcomes(room, ...entries)).map(word),
    head,
    log,
    follow,
    calm,
    reopen: async (how) => {
      engine = await present('reopen, which `outlives` promises,', rig.reopen)(how)
    },
    drop: async (room) => {
      await present('drop, which `drops` promises,', rig.drop)(room)
    },
  }
  return {
    bench,
    stop: () => {
      for (const { stop } of feeds) stop()
    },
  }
}

const listen = (engine: Engine, room: string, from: From | undefined, failed: (what: string) => void): Following => {
  const told: Feed[] = []
  const subscription = engine.follow(room, from).subscribe({
    next: (each) => {
      if (E.isRight(each)) told.push(each.right)
      else failed(`the feed of ${room} failed: ${each.left.message}`)
    },
    error: (thrown: unknown) => {
      failed(`the feed of ${room} errored, where failures are values: ${String(thrown)}`)
    },
    complete: () => {
      failed(`the feed of ${room} completed, where feeds stay open`)
    },
  })
  return {
    told,
    messages: () => told.flatMap((each) => (each._tag === 'Messages' ? each.messages : [])),
    stop: () => {
      subscription.unsubscribe()
    },
  }
}

export const offsetsOf = (messages: readonly Logged[]): readonly number[] => messages.map(({ offset }) => offset)

/** Returns the integers from `first` to `last`. */
export const range = (first: number, last: number): readonly number[] =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index)

/** Makes an entry whose id and payload consist of its producer and sequence number. */
export const entry = (seq: number, more: Partial<Entry> = {}): Entry => {
  const id = `${more.producer ?? 'p'}.${seq}`
  return {
    user: 'u',
    producer: 'p',
    seq,
    after: 0,
    retry: false,
    id,
    event: 'e',
    from: ['u', 's'],
    data: JSON.stringify(id),
    ...more,
  }
}

/** Makes entries with the sequence numbers from `first` to `last`. */
export const entries = (first: number, last: number, more: Partial<Entry> = {}): readonly Entry[] =>
  range(first, last).map((seq) => entry(seq, more))

/** Formats an outcome: its offset, `again` and the offset, or the error code of the refusal. */
const word = (outcome: Outcome): string =>
  outcome._tag === 'Refused' ? outcome.refusal.code : `${outcome.repeated ? 'again ' : ''}${outcome.offset}`
