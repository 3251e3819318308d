import type { ClientRecord, Sat } from '../history/record.js'
import { exactMs, hearMs, tellMs } from './delays.js'
import type { Tables } from './tables.js'
import type { Violations } from './violations.js'

/** The seats of rooms with a capacity, and who sits, waits and is refused. */
export interface Seats {
  readonly take: (life: string, record: ClientRecord) => void
  /** To be called after all lives. */
  readonly finish: (isOver: (life: string) => boolean) => void
  readonly counts: { seated: number; waits: number; full: number; sittings: number }
}

/** A time in which a user had a seat. */
interface Sitting {
  readonly name: string
  readonly from: number
  until: number
}

export const seats = (tables: Tables, { add }: Violations): Seats => {
  const counts = { seated: 0, waits: 0, full: 0, sittings: 0 }
  const told: { readonly life: string; readonly sat: Sat }[] = []
  /** The rooms that a life wants to be in. */
  const wanted = new Map<string, Set<string>>()
  const userOf = (life: string): string => life.split('.')[0] ?? life
  const nameOf = (key: string): string => key.slice(0, key.lastIndexOf('\n'))

  /** Reads who had a seat, and when: never more than there are seats. */
  const sittingsIn = (room: string, capacity: number): readonly Sitting[] => {
    const keys = new Set<string>()
    const now = new Map<string, Sitting>()
    const all: Sitting[] = []
    for (const { at, key, value } of tables.events('seats', room)) {
      const name = nameOf(key)
      if (value === null) keys.delete(key)
      else keys.add(key)
      const hasSeat = [...keys].some((each) => nameOf(each) === name)
      const sitting = now.get(name)
      if (sitting && !hasSeat) {
        sitting.until = at
        now.delete(name)
      } else if (!sitting && hasSeat) {
        const made = { name, from: at, until: Infinity }
        all.push(made)
        now.set(name, made)
        if (now.size > capacity)
          add('seat/many', `${room} has ${capacity} seats, and at ${at} ${[...now.keys()].join(', ')} have one`)
      }
    }
    return all
  }
  /** A client that was refused asks again: while the answer to that is under way, the one before it holds. */
  const answered = (life: string, final: Sat): Sat => {
    const [, at, room, , tag, place] = final
    if (tag !== 'Joining' || place > 0) return final
    const [before, asking] = told
      .flatMap(({ life: of, sat }) => (of === life && sat[2] === room && sat[3] === 0 ? [sat] : []))
      .slice(-2)
    return before?.[4] === 'Refused' && asking?.[4] === 'Joining' && asking[1] > at - hearMs ? before : final
  }
  const judge = (room: string, capacity: number, isOver: (life: string) => boolean): void => {
    const sittings = sittingsIn(room, capacity)
    const here = told.filter(({ sat }) => sat[2] === room)
    counts.sittings += sittings.length
    for (const { life, sat } of here) {
      const [, at, , isFinal, tag] = sat
      const name = userOf(life)
      if (tag !== 'In' || isFinal === 1) continue
      if (!sittings.some((each) => each.name === name && each.from <= at + exactMs && each.until >= at - tellMs))
        add('seat/unfounded', `${life} was told at ${at} that it is in ${room}, and had no seat`)
    }
    const finals = here.filter(({ life, sat }) => sat[3] === 1 && isOver(life))
    if (finals.length === 0) return
    // The server that is asked at the very end drops what has no lease any more.
    const endedAt = Math.min(...finals.map(({ sat }) => sat[1]))
    const seated = new Set(
      sittings.filter(({ from, until }) => from <= endedAt && until > endedAt).map(({ name }) => name),
    )
    for (const { life, sat } of finals) {
      const [, , , , tag, place, code] = answered(life, sat)
      const name = userOf(life)
      const isWanted = wanted.get(life)?.has(room) ?? false
      const where = `${life} ended as ${tag} ${place || ''}${code} in ${room}`
      const waits = (tag === 'Joining' && place > 0) || code === 'room/full'
      if (tag === 'In' && !seated.has(name)) add('seat/end', `${where}, and has no seat`)
      else if (tag !== 'In' && seated.has(name)) add('seat/end', `${where}, and has a seat`)
      if (isWanted && waits && seated.size < capacity)
        add('seat/idle', `${where}, and only ${[...seated].join(', ')} of ${capacity} have seats`)
      if (isWanted && !waits && tag !== 'In') add('seat/stuck', where)
      if (!isWanted && tag !== 'Out') add('seat/stuck', `${where}, and has left`)
    }
    const users = new Set(finals.map(({ life }) => userOf(life)))
    for (const name of seated) if (!users.has(name)) add('seat/end', `${name} has a seat of ${room}, and is not there`)
  }
  return {
    counts,
    take: (life, record) => {
      const mine = wanted.get(life) ?? new Set()
      wanted.set(life, mine)
      if (record[0] === 'asked') mine.add(record[2])
      else if (record[0] === 'gone') mine.delete(record[2])
      else if (record[0] === 'sat') {
        told.push({ life, sat: record })
        const [, , , isFinal, tag, place, code] = record
        if (isFinal === 1) return
        if (tag === 'In') counts.seated++
        if (place > 0) counts.waits++
        if (code === 'room/full') counts.full++
      }
    },
    finish: (isOver) => {
      for (const [room, capacity] of tables.capacities) judge(room, capacity, isOver)
    },
  }
}
