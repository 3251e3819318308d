import type { ClientRecord, Setting, Valued } from '../history/record.js'
import type { TableEvent, Tables } from './tables.js'
import type { Violations } from './violations.js'

/** A write of a shared value, and its outcome. */
interface Write {
  readonly life: string
  readonly set: Setting
  outcome: Extract<ClientRecord, readonly ['wrote' | 'kept' | 'unset', ...unknown[]]> | undefined
}

/** One observer of a room. */
interface Observer {
  readonly name: string
  readonly room: string
  /** The place of the latest version of each key. */
  readonly places: Map<string, number>
}

/** The writes of shared values, and their observers. */
export interface SharedStates {
  readonly take: (life: string, record: ClientRecord) => void
  /** To be called after all lives. */
  readonly finish: (isOver: (life: string) => boolean) => void
  readonly counts: { sets: number; wrote: number; kept: number; unset: number; values: number }
}

export const sharedStates = (tables: Tables, { add }: Violations): SharedStates => {
  const writes = new Map<string, Write>()
  const observers = new Map<string, Observer>()
  const ends: { readonly observer: Observer; readonly isLive: number; readonly values: readonly Valued[] }[] = []
  const counts = { sets: 0, wrote: 0, kept: 0, unset: 0, values: 0 }
  /** The puts of a room, by key, version and value. */
  const puts = new Map<string, ReadonlyMap<string, TableEvent>>()

  const putsOf = (room: string): ReadonlyMap<string, TableEvent> => {
    const known = puts.get(room)
    if (known) return known
    const made = new Map<string, TableEvent>()
    for (const event of tables.events('shared', room)) {
      if (event.value === null) continue
      const name = `${event.key} ${event.version} ${event.value}`
      if (!made.has(name)) made.set(name, event)
    }
    puts.set(room, made)
    return made
  }
  const eventOf = (room: string, [key, version, value]: Valued): TableEvent | undefined =>
    putsOf(room).get(`${key} ${version} ${JSON.stringify(value)}`)
  const seen = ({ name, room, places }: Observer, at: number, valued: Valued): void => {
    const [key, version, value] = valued
    const where = `${name}: ${key} of ${room} as ${value} with version ${version} at ${at}`
    const event = eventOf(room, valued)
    counts.values++
    if (!event || event.at > at) {
      add('shared/wrong', `${where}, which the table did not have`)
      return
    }
    if (event.place <= (places.get(key) ?? -1)) add('shared/order', `${where} came after a later one`)
    places.set(key, event.place)
  }
  const settle = (life: string, outcome: NonNullable<Write['outcome']>): void => {
    const write = writes.get(outcome[2])
    counts[outcome[0]]++
    if (!write || write.life !== life) add('shared/unasked', `${life} has an answer to ${outcome[2]}`)
    else if (write.outcome) add('shared/twice', `${outcome[2]} of ${life} has two answers`)
    else write.outcome = outcome
  }
  const answered = ({ life, set, outcome }: Write): void => {
    const [, , id, room, key, value, ifNew, ifVersion] = set
    const where = `${id} of ${life}, which set ${key} of ${room}`
    if (outcome?.[0] === 'wrote') {
      const [, , , version] = outcome
      if (value === null ? version !== 0 : !eventOf(room, [key, version, value]))
        add('shared/receipt', `${where}, was written as version ${version}, which the table never had`)
    } else if (outcome?.[0] === 'kept') {
      const [, , , version, stays] = outcome
      const isBroken = ifNew === 1 ? version > 0 : ifVersion >= 0 && version !== ifVersion
      if (!isBroken) add('shared/condition', `${where}, was not written although its condition held: ${version}`)
      if (version > 0 && (stays === null || !eventOf(room, [key, version, stays])))
        add(
          'shared/receipt',
          `${where}, was told of ${String(stays)} with version ${version}, which the table never had`,
        )
    }
  }
  /** Every value of a table was written by somebody, who was not told otherwise, and under its condition. */
  const written = (room: string, { at, key, value, before, isSeen }: TableEvent): void => {
    if (value === null) return
    const write = writes.get(JSON.parse(value) as string)
    const where = `${value} is ${key} of ${room} at ${at}`
    if (!write || write.set[3] !== room || write.set[4] !== key || write.set[1] > at) {
      add('shared/unwritten', `${where}, and nobody has set it`)
      return
    }
    const { set, outcome } = write
    const [, , , , , , ifNew, ifVersion] = set
    if (outcome?.[0] === 'kept') add('shared/kept', `${where}, and its writer was told that it is not`)
    if (outcome?.[0] === 'unset' && outcome[3] === 'no')
      add('shared/refused', `${where}, and was refused: ${outcome[4]}`)
    if (isSeen && ((ifNew === 1 && before > 0) || (ifVersion >= 0 && before !== ifVersion)))
      add('shared/condition', `${where} although its condition failed: the version before was ${before}`)
  }

  return {
    counts,
    take: (life, record) => {
      switch (record[0]) {
        case 'met':
          observers.set(`${life}#${record[2]}`, { name: `${life}#${record[2]}`, room: record[3], places: new Map() })
          break
        case 'set':
          counts.sets++
          writes.set(record[2], { life, set: record, outcome: undefined })
          break
        case 'wrote':
        case 'kept':
        case 'unset':
          settle(life, record)
          break
        case 'value': {
          const [, at, meeting, key, version, value] = record
          const observer = observers.get(`${life}#${meeting}`)
          if (observer && value !== null) seen(observer, at, [key, version, value])
          break
        }
        case 'values': {
          const [, at, meeting, isFinal, isLive, values] = record
          const observer = observers.get(`${life}#${meeting}`)
          if (!observer) break
          if (isFinal === 1) ends.push({ observer, isLive, values })
          else for (const valued of values) seen(observer, at, valued)
          break
        }
        default:
      }
    },
    finish: (isOver) => {
      for (const write of writes.values()) {
        if (!write.outcome && isOver(write.life)) add('shared/open', `${write.set[2]} of ${write.life} has no answer`)
        answered(write)
      }
      for (const room of tables.rooms('shared')) for (const event of tables.events('shared', room)) written(room, event)
      for (const { observer, isLive, values } of ends) {
        const { name, room } = observer
        const rows = [...tables.rows('shared', room)].map(([key, { version, value }]) => `${key} ${version} ${value}`)
        const shown = values.map(([key, version, value]) => `${key} ${version} ${JSON.stringify(value)}`)
        const [there, here] = [rows, shown].map((all) => all.sort().join(', '))
        if (isLive === 0) add('shared/end', `${name} had no live state of ${room} at the end`)
        else if (there !== here) add('shared/end', `${name} ended with ${here ?? ''}, and ${room} with ${there ?? ''}`)
      }
    },
  }
}
