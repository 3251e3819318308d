import { concat, last, map, switchMap } from 'rxjs'
import * as E from '#fp/Either'
import type { Engine, Entry, Signal } from '../../lib/server/engine.js'
import type { Put, Row, TableFeed, TableId, Tables, Write } from '../../lib/server/tables/model.js'

/** An engine that is broken in some way. */
export type Spoil = (engine: Engine) => Engine

const withTables =
  (change: (tables: Tables) => Partial<Tables>): Spoil =>
  (engine) =>
    engine.tables ? { ...engine, tables: { ...engine.tables, ...change(engine.tables) } } : engine

/** What follows a table hears this instead of an item. */
const hearing = (change: (item: TableFeed, id: TableId) => TableFeed): Spoil =>
  withTables((tables) => ({
    follow: (id, from) => tables.follow(id, from).pipe(map(E.map((item) => change(item, id)))),
  }))

/** Of these tables only the rows that fit are told. */
const telling = (of: string, fits: (row: Pick<Row, 'key'>) => boolean): Spoil =>
  hearing((item, id) => {
    if (id.of !== of) return item
    return item._tag === 'Changes'
      ? { ...item, puts: item.puts.filter(fits) }
      : { ...item, rows: item.rows.filter(fits) }
  })

/** This is written instead of a write. */
const writing = (change: (write: Write, id: TableId) => Write): Spoil =>
  withTables((tables) => ({ write: (id, writes) => tables.write(id, writes.map((each) => change(each, id))) })) // prettier-ignore

/** This is appended instead of an entry. */
const appending =
  (change: (entry: Entry) => Entry): Spoil =>
  (engine) => ({ ...engine, append: (room, entries) => engine.append(room, entries.map(change)) })

const put = (write: Write, change: object): Write => (write._tag === 'Put' ? { ...write, ...change } : write)

/** Takes every writing for a first one. */
export const forgetful = (): Spoil => {
  let count = 0
  return appending((entry) => ({ ...entry, after: 0, retry: false, producer: `${entry.producer}.${count++}` }))
}

/** Answers a wrong offset once. */
export const wrong = (after: number): Spoil => {
  let told = 0
  return (engine) => ({
    ...engine,
    append: (room, entries) =>
      engine
        .append(room, entries)
        .pipe(
          map(
            E.map((outcomes) =>
              outcomes.map((outcome) =>
                outcome._tag === 'Accepted' && ++told === after ? { ...outcome, offset: outcome.offset + 1 } : outcome,
              ),
            ),
          ),
        ),
  })
}

/** Gives those who follow a room the messages of another. */
export const crossing =
  (of: string, instead: string): Spoil =>
  (engine) => ({ ...engine, follow: (room, from) => engine.follow(room === of ? instead : room, from) })

/** Does not tell of the message at an offset, of one room or of each. */
export const leaking =
  (at: number, of?: string): Spoil =>
  (engine) => ({
    ...engine,
    follow: (room, from) =>
      engine
        .follow(room, from)
        .pipe(
          map(
            E.map((feed) =>
              feed._tag === 'Messages'
                ? { ...feed, messages: feed.messages.filter(({ offset }) => offset !== at || room !== (of ?? room)) }
                : feed,
            ),
          ),
        ),
  })

/** Takes no notice of conditions. */
export const rash = writing((write) => put(write, { ifNew: false, ifVersion: undefined }))

/** Takes no notice of terms. */
export const lax = appending(({ term: _, ...entry }) => entry)

/** Drops who is only leaving. */
export const hasty = writing((write, { of }) =>
  write._tag === 'Put' && of === 'members' && (JSON.parse(write.value) as unknown[]).length > 1
    ? { _tag: 'Drop', key: write.key, cause: 'grace' }
    : write,
)

/** Does not tell servers of some orders against users. */
export const deaf = (...kinds: readonly string[]): Spoil =>
  telling('room', ({ key }) => !kinds.some((kind) => key.startsWith(`${kind}\n`)))

/** Does not tell of rows whose key has that in it. */
export const silent = (of: string, within: string): Spoil => telling(of, ({ key }) => !key.includes(within))

/** Answers a version that no row has. */
export const boastful = (of: string): Spoil =>
  withTables((tables) => ({
    write: (id, writes) =>
      tables
        .write(id, writes)
        .pipe(
          map(
            E.map((outcomes) =>
              outcomes.map((outcome) =>
                outcome._tag === 'Written' && id.of === of ? { ...outcome, version: outcome.version + 1_000 } : outcome,
              ),
            ),
          ),
        ),
  }))

/** Writes a value of another one. */
export const garbling = (of: string): Spoil =>
  writing((write, id) => (id.of === of ? put(write, { value: JSON.stringify('of nobody') }) : write))

/** Does not count seats. */
export const vague: Spoil = (engine) =>
  writing((write) => put(write, { ifFewer: undefined }))(
    withTables((tables) => ({
      follow: (id, from) => tables.follow(id.of === 'seats' ? { ...id, room: `not ${id.room}` } : id, from),
    }))(engine),
  )

/** Takes a second creation of a room. */
export const renewing: Spoil = (engine) =>
  writing((write, { of }) => (of === 'room' ? put(write, { ifVersion: undefined }) : write))(
    withTables((tables) => ({
      page: (id, range) => (id.of === 'room' ? tables.page({ ...id, room: 'empty' }, range) : tables.page(id, range)),
    }))(engine),
  )

/** Takes each writing of a command for a new one. */
export const amnesic: Spoil = (engine) => {
  const { calls } = engine
  if (!calls) return engine
  let count = 0
  return {
    ...engine,
    calls: {
      ...calls,
      get name() {
        return calls.name
      },
      claim: (claim) => calls.claim({ ...claim, id: `${claim.id}.${count++}` }),
    },
  }
}

/** Changes what servers tell each other of calls to members. */
const signalling =
  (change: (signal: Signal) => readonly Signal[]): Spoil =>
  (engine) => {
    const { signal: tell } = engine
    if (!tell) return engine
    return {
      ...engine,
      signal: (room, signal) => concat(...change(signal).map((each) => tell(room, each))).pipe(last()),
    }
  }

/** Gives the answers of members to another call. */
export const mistaken = signalling((signal) => [
  signal.event === '@answer' ? { ...signal, data: signal.data.replace(/-k\w+(?=\\")/, '-k0') } : signal,
])

/** Brings each question to members twice. */
export const stammering = signalling((signal) => (signal.event === '@ask' ? [signal, signal] : [signal]))

/** Has a member leave before another connection of its client shows it. */
export const uprooting: Spoil = (engine) => {
  const generations = new Map<string, number>()
  return withTables((tables) => ({
    write: (id, writes) => {
      const moved = writes.filter((write): write is Put => {
        if (id.of !== 'members' || write._tag !== 'Put') return false
        const [key, before] = [`${id.room}\n${write.key}`, generations.get(`${id.room}\n${write.key}`)]
        generations.set(key, write.generation ?? 0)
        return before !== undefined && before < (write.generation ?? 0)
      })
      const drops = moved.map(({ key }): Write => ({ _tag: 'Drop', key, cause: 'grace' }))
      return tables.write(id, drops).pipe(switchMap(() => tables.write(id, writes)))
    },
  }))(engine)
}
