import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import {
  concat,
  filter,
  finalize,
  map,
  type Observable,
  ReplaySubject,
  Subject,
  switchMap,
  takeUntil,
  throwError,
  timer,
  toArray,
} from 'rxjs'
import type { Logged } from '../../../lib/protocol/codec.js'
import { engineSuite } from '../../../lib/testing/conformance/engine.js'
import type { StartEngine } from '../../../lib/testing/conformance/engine/rig.js'
import type { CallLedger } from '../../../lib/server/calls/ledger.js'
import { memory } from '../../../lib/server/memory.js'
import type { Engine, EngineFailure, Entry, Feed, Outcome } from '../../../lib/server/engine.js'
import { seeded } from '../../../lib/testing/random.js'
import { unreliable } from '../../../lib/testing/unreliable.js'
import { type VirtualTime, virtualTime } from '../../../lib/testing/virtual.js'
import { failing } from '../../support/failing.js'

/** A memory engine in virtual time, behind whatever is put before it. */
const inVirtualTime =
  (behind: (engine: Engine, time: VirtualTime) => Engine): StartEngine =>
  (bounds) => {
    const time = virtualTime()
    const engine = memory({ scheduler: time, ...bounds })
    return {
      engine: behind(engine, time),
      scheduler: time,
      until: async (what, condition) => {
        time.run()
        if (!condition()) throw new Error(`never ${what}`)
      },
      drop: engine.forget,
      dispose: () => {
        expect(time.pending()).toBe(0)
      },
    }
  }
const plain = inVirtualTime((engine) => engine)

describe('the memory engine', () => {
  for (const { name, run } of engineSuite(plain, { drops: true, bounded: true, tables: true, calls: true }))
    it(name, run)
})

describe('the memory engine, answering late', () => {
  const late = inVirtualTime((engine, scheduler) => unreliable(engine, { scheduler, random: seeded(7), delayMs: 50 }))
  for (const { name, run } of engineSuite(late, { drops: true, bounded: true, tables: true, calls: true }))
    it(name, run)
})

describe('the memory engine, in real time', () => {
  for (const { name, run } of engineSuite((bounds) => ({ engine: memory(bounds) }), {
    bounded: true,
    tables: true,
    calls: true,
  }))
    it(name, run)
})

const swapped = <T>(items: readonly T[]): readonly T[] => [...items].reverse()
const onRight = <T, U = T>(source: Observable<Either<EngineFailure, T>>, change: (value: T) => U) =>
  source.pipe(map(E.map(change)))
const eachMessages =
  (change: (messages: readonly Logged[]) => readonly Logged[]) =>
  (told: Feed): Feed =>
    told._tag === 'Messages' ? { ...told, messages: change(told.messages) } : told

interface Fault {
  readonly what: string
  /** Puts the fault before a sound engine. */
  readonly behind: (engine: Engine, time: VirtualTime) => Engine
  /** A case that must find it. */
  readonly found: string
}

/** Puts a fault before the memory of commands. */
const withCalls =
  (fault: (calls: CallLedger) => Partial<CallLedger>) =>
  (engine: Engine): Engine => {
    const { calls } = engine
    if (!calls) return engine
    const { claim, settle, cancel, watch, name } = calls
    return { ...engine, calls: { claim, settle, cancel, watch, name, ...fault(calls) } }
  }

const faults: readonly Fault[] = [
  {
    what: 'answers a batch in another order',
    behind: (engine) => ({ ...engine, append: (room, entries) => onRight(engine.append(room, entries), swapped) }),
    found: '[EN2] answers for every entry of a batch, in the order of the batch',
  },
  {
    what: 'forgets what it has decided',
    behind: (engine) => {
      let tries = 0
      const anew = (entry: Entry): Entry => ({ ...entry, producer: `${++tries}`, retry: false })
      return { ...engine, append: (room, entries) => engine.append(room, entries.map(anew)) }
    },
    found: '[EN3] answers what was decided with the first outcome, and appends nothing',
  },
  {
    what: 'says of what it repeats that it is new',
    behind: (engine) => ({
      ...engine,
      append: (room, entries) =>
        onRight(engine.append(room, entries), (outcomes) =>
          outcomes.map((each) => (each._tag === 'Accepted' ? { ...each, repeated: false } : each)),
        ),
    }),
    found: '[EN3] answers what was decided with the first outcome, and appends nothing',
  },
  {
    what: 'believes every retry',
    behind: (engine) => ({
      ...engine,
      append: (room, entries) =>
        engine.append(
          room,
          entries.map((each) => ({ ...each, retry: false })),
        ),
    }),
    found: '[EN5] a retry that was refused as unknown leaves the lane unknown',
  },
  {
    what: 'takes entries over a hole',
    behind: (engine) => ({
      ...engine,
      append: (room, entries) =>
        engine.append(
          room,
          entries.map((each) => ({ ...each, after: 0 })),
        ),
    }),
    found: '[EN4] a hole in a lane leaves it as it was',
  },
  {
    what: 'logs what the server refused',
    behind: (engine) => ({
      ...engine,
      append: (room, entries) =>
        engine.append(
          room,
          entries.map(({ refusal: _, ...entry }) => entry),
        ),
    }),
    found: '[EN6] what the server refused for good is decided, and not logged',
  },
  {
    what: 'repeats an offset',
    behind: (engine) => ({
      ...engine,
      append: (room, entries) =>
        onRight(engine.append(room, entries), (outcomes) =>
          outcomes.map((each) => (each._tag === 'Accepted' ? { ...each, offset: each.offset & ~1 } : each)),
        ),
    }),
    found: '[EN1] numbers what is appended by many at once without holes and doubles',
  },
  {
    what: 'splits a batch, so that others come between',
    behind: (engine, scheduler) => ({
      ...engine,
      append: (room, entries) =>
        concat(...entries.map((entry) => timer(1, scheduler).pipe(switchMap(() => engine.append(room, [entry]))))).pipe(
          toArray(),
          map((answers) => E.right(answers.flatMap((answer) => (E.isRight(answer) ? answer.right : [])))),
        ),
    }),
    found: '[EN2] appends a batch as one, with nothing of others between',
  },
  {
    what: 'mixes rooms up that differ in case',
    behind: (engine) => ({
      ...engine,
      append: (room, entries) => engine.append(room.toLowerCase(), entries),
      read: (room, after, limit) => engine.read(room.toLowerCase(), after, limit),
      head: (room) => engine.head(room.toLowerCase()),
    }),
    found: '[EN1] keeps rooms apart, whatever they are called',
  },
  {
    what: 'normalises texts',
    behind: (engine) => ({
      ...engine,
      append: (room, entries) =>
        engine.append(
          room,
          entries.map((each) => ({ ...each, event: each.event.trim() })),
        ),
    }),
    found: '[EN1] logs messages by consecutive offsets from 1 in one epoch, each as it was given',
  },
  {
    what: 'works before it is subscribed to',
    behind: (engine) => ({
      ...engine,
      append: (room, entries) => {
        const answers = new ReplaySubject<Either<EngineFailure, readonly Outcome[]>>(1)
        engine.append(room, entries).subscribe(answers)
        return answers
      },
    }),
    found: '[EN1] does nothing before it is subscribed to',
  },
  {
    what: 'tells a message twice',
    behind: (engine) => ({
      ...engine,
      follow: (room, from) =>
        onRight(
          engine.follow(room, from),
          eachMessages((all) => [...all, ...all.slice(-1)]),
        ),
    }),
    found: '[EN8] a feed tells its base and then every message after it, once and in order',
  },
  {
    what: 'loses the first message after what it read',
    behind: (engine) => ({
      ...engine,
      follow: (room, from) =>
        onRight(
          engine.follow(room, from),
          eachMessages((all) => all.slice(1)),
        ),
    }),
    found: '[EN8] a feed of an unused room begins at 0 and hears the first message',
  },
  {
    what: 'ends every feed with the first that goes',
    behind: (engine) => {
      const gone = new Subject<void>()
      const follow: Engine['follow'] = (room, from) =>
        engine.follow(room, from).pipe(
          takeUntil(gone),
          finalize(() => gone.next()),
        )
      return { ...engine, follow }
    },
    found: '[EN8] who unsubscribes hears nothing more, and disturbs nobody',
  },
  {
    what: 'errors when it should answer',
    behind: (engine) => ({ ...engine, claim: () => throwError(() => new Error('boom')) }),
    found: '[EN15] the secret continues the session, and nothing else does',
  },
  {
    what: 'takes any position for its own',
    behind: (engine) => {
      const sure = <T extends object>(told: T): T => ({ ...told, recovered: true })
      return {
        ...engine,
        read: (room, after, limit) =>
          onRight(engine.read(room, after, limit), (page) => page && { ...page, base: sure(page.base) }),
        follow: (room, from) =>
          onRight(engine.follow(room, from), (told) => (told._tag === 'Base' ? sure(told) : told)),
      }
    },
    found: '[EN9] a position in another epoch or ahead of the head gives the base before the first message',
  },
  {
    what: 'says nothing of what it dropped',
    behind: (engine) => ({
      ...engine,
      read: (room, after, limit) =>
        onRight(engine.read(room, after, limit), (page) =>
          page?.base.because === 'truncated' ? { ...page, base: { ...page.base, base: after.offset } } : page,
        ),
    }),
    found: '[EN10] a position before the first message that is held gives the base before that',
  },
  {
    what: 'counts what it no longer holds as missing from the last so many',
    behind: (engine) => ({
      ...engine,
      follow: (room, from) =>
        onRight(engine.follow(room, from), (told) =>
          told._tag === 'Base' && from && 'last' in from && from.last > told.head
            ? { ...told, recovered: false }
            : told,
        ),
    }),
    found: '[EN11] the last so many are what is held of them, and nothing counts as missing',
  },
  {
    what: 'gives pages of any size',
    behind: (engine) => ({ ...engine, read: (room, after) => engine.read(room, after, { count: 1e6, bytes: 1e9 }) }),
    found: '[EN18] a page is bounded, and holds at least one message',
  },
  {
    what: 'makes every room that is asked for',
    behind: (engine) => ({
      ...engine,
      head: (room) => onRight(engine.head(room), (head) => head ?? { epoch: 'E', first: 1, head: 0 }),
    }),
    found: '[EN18] `head` says nothing of a room that was never used',
  },
  {
    what: 'lets everybody speak',
    behind: (engine) => {
      let generation = 0
      return { ...engine, claim: (claim) => engine.claim({ ...claim, generation: ++generation }) }
    },
    found: '[EN15] a claim is granted iff its generation is higher than any before',
  },
  {
    what: 'continues a session for its public name',
    behind: (engine) => {
      const known = new Map<string, string>()
      return {
        ...engine,
        claim: (claim) =>
          onRight(
            engine.claim({ ...claim, resume: known.get(claim.resume ?? '') ?? claim.resume ?? '' }),
            (outcome) => {
              if (outcome._tag === 'Granted') known.set(outcome.session, outcome.resume)
              return outcome
            },
          ),
      }
    },
    found: '[EN15] the secret continues the session, and nothing else does',
  },
  {
    what: 'takes another name for its lanes every time',
    behind: (engine) => {
      let names = 0
      return { ...engine, lanes: () => `${++names}` }
    },
    found: '[EN14] names what it remembers of lanes, and keeps the name while it has lost none',
  },
  {
    what: 'reads rooms that nobody has made',
    behind: (engine) => ({
      ...engine,
      read: (room, after, limit) =>
        onRight(engine.read(room, after, limit), (page) => {
          const base = { _tag: 'Base', epoch: 'E', first: 1, head: 0, base: 0, recovered: true } as const
          return page ?? { base, messages: [] }
        }),
    }),
    found: '[EN40] nothing but a publish makes a room',
  },
  {
    what: 'makes a room anew with its first message',
    behind: (engine) => ({
      ...engine,
      follow: (room, from) =>
        onRight(engine.follow(room, from), (told) =>
          told._tag === 'Base' && told.head === 0 ? { ...told, epoch: 'before' } : told,
        ),
    }),
    found: '[EN41] who follows a room before its first message goes on in its epoch',
  },
  {
    what: 'takes the rooms of all for those of one',
    behind: (engine) => ({
      ...engine,
      append: (room, entries) =>
        engine.append(
          room,
          entries.map((each) => ({ ...each, user: 'all', producer: `${each.user} ${each.producer}` })),
        ),
    }),
    found: '[EN42] who makes many rooms loses its own, those used longest ago first',
  },
  {
    what: 'takes the outcomes of all for those of one',
    behind: (engine) => ({
      ...engine,
      append: (room, entries) =>
        engine.append(
          room,
          entries.map((each) => ({ ...each, user: 'all', producer: `${each.user} ${each.producer}` })),
        ),
    }),
    found: '[EN43] who publishes much in a room loses its own outcomes',
  },
  {
    what: 'takes the sessions of all for those of one',
    behind: (engine) => ({
      ...engine,
      claim: (claim) => engine.claim({ ...claim, user: 'all', instance: `${claim.user} ${claim.instance}` }),
    }),
    found: '[EN44] who has many sessions loses its own',
  },
  {
    what: 'has one name for the lanes of all',
    behind: (engine) => ({ ...engine, lanes: () => engine.lanes?.('stranger') ?? '' }),
    found: '[EN45] who loses lanes has another name for what is remembered of them, and nobody else',
  },
  {
    what: 'forgets what was claimed',
    behind: withCalls((calls) => {
      let tries = 0
      return { claim: (claim) => calls.claim({ ...claim, id: `${claim.id} ${++tries}` }) }
    }),
    found: '[EN77] of claims of a command at once, by whichever server, one is the first',
  },
  {
    what: 'takes the commands of all for those of one',
    behind: withCalls((calls) => ({ claim: (claim) => calls.claim({ ...claim, user: 'all' }) })),
    found: '[EN77] commands of users and ids are apart',
  },
  {
    what: 'claims what was cancelled',
    behind: withCalls((calls) => ({
      claim: (claim) =>
        onRight(calls.claim(claim), (state) => (state._tag === 'Cancelled' ? { _tag: 'First' } : state)),
    })),
    found: '[EN84] whatever two servers do at the same time, a command is first once, and its end stays',
  },
  {
    what: 'takes the last outcome of a command',
    behind: withCalls((calls) => {
      const latest = new Map<string, string | undefined>()
      return {
        settle: (key, outcome) => {
          latest.set(key.id, outcome)
          return calls.settle(key, outcome)
        },
        claim: (claim) =>
          onRight(calls.claim(claim), (state) =>
            state._tag === 'Done' ? { ...state, outcome: latest.get(claim.id) } : state,
          ),
      }
    }),
    found: '[EN78] a settled command is done, with its first outcome, whatever comes later',
  },
  {
    what: 'ends no command with its lease',
    behind: (engine) => {
      const { tables } = engine
      if (!tables) return engine
      return { ...engine, tables: { ...tables, lease: (name, forMs) => tables.lease(name, forMs || 1_000_000) } }
    },
    found: '[EN80] the end of a lease loses the running commands of its server, and no others',
  },
  {
    what: 'tells those who watch a command of its end alone',
    behind: withCalls((calls) => ({
      watch: (key) => calls.watch(key).pipe(filter((each) => E.isLeft(each) || each.right._tag !== 'Running')),
    })),
    found: '[EN81] a watcher sees the state and each change, up to the last',
  },
  {
    what: 'keeps any number of commands',
    behind: withCalls((calls) => ({
      claim: (claim) => onRight(calls.claim(claim), (state) => (state._tag === 'Full' ? { _tag: 'First' } : state)),
    })),
    found: '[EN82] beyond its number of commands a user gets no further one, and loses none',
  },
  {
    what: 'drops what its followers have not heard',
    behind: (engine) => ({
      ...engine,
      follow: (room, from) =>
        onRight(
          engine.follow(room, from),
          eachMessages((all) => all.slice(-20)),
        ),
    }),
    found: '[EN8] a batch larger than the room holds still reaches who follows',
  },
]

describe('an engine that', () => {
  it.each(faults)('[CF3] $what is found', async ({ behind, found }) => {
    const failed = await failing(
      engineSuite(inVirtualTime(behind), { bounded: true, tables: true, calls: true }),
      found,
    )
    expect(failed.map(({ name }) => name)).toContain(found)
  })
})
