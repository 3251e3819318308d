import type { ClientRecord, Part } from '../history/record.js'
import type { Attendances } from './attendance.js'
import { type Logs, ordinalOf, shown } from './logs.js'
import type { Sends } from './sends.js'
import type { TableEvent, Tables } from './tables.js'
import type { Violations } from './violations.js'

/** The leaders of rooms, and the messages with their terms. */
export interface Leaders {
  readonly take: (life: string, record: ClientRecord) => void
  /** To be called after all lives. */
  readonly finish: (isOver: (life: string) => boolean) => void
  readonly counts: { termed: number; termsUsed: number; led: number; outdated: number }
}

/** A leader, as its row tells. */
interface Led {
  readonly at: number
  readonly session: string
  readonly term: number
}

const ledIn = ({ at, value }: TableEvent): Led => {
  const [, session, term] = JSON.parse(value ?? '') as readonly [string, string, number]
  return { at, session, term }
}

export const leaders = (lives: Attendances, tables: Tables, logs: Logs, sends: Sends, { add }: Violations): Leaders => {
  const counts = { termed: 0, termsUsed: 0, led: 0, outdated: 0 }
  const terms = new Map<string, number>()
  const parts: { readonly life: string; readonly part: Part }[] = []
  const led = new Map<string, readonly Led[]>()

  /** Each term of a table has one session, and they grow. */
  const granted = (room: string): void => {
    const sessions = new Map<string, string>()
    let [last, epoch] = [0, '']
    const all: Led[] = []
    for (const event of tables.events('leader', room)) {
      if (event.key !== 'leader' || event.value === null) continue
      const each = ledIn(event)
      const where = `${each.session} leads ${room} in term ${each.term} at ${each.at}`
      const known = sessions.get(`${event.epoch} ${each.term}`)
      if (known !== undefined && known !== each.session) add('leader/twice', `${where}, and ${known} has led in it`)
      if (event.epoch === epoch && each.term < last) add('leader/back', `${where}, after term ${last}`)
      sessions.set(`${event.epoch} ${each.term}`, each.session)
      last = each.term
      epoch = event.epoch
      all.push(each)
    }
    counts.led += sessions.size
    led.set(room, all)
  }
  /** The terms of the messages of a log never decrease, and each is that of one user. */
  const fenced = (): void => {
    const rooms = new Map<string, { readonly id: string; readonly place: number; readonly term: number }[]>()
    for (const [id, term] of terms) {
      const place = logs.placeOf(id)
      const room = logs.roomOf(id) ?? ''
      if (place === undefined) continue
      counts.termsUsed++
      rooms.set(room, [...(rooms.get(room) ?? []), { id, place, term }])
    }
    for (const [room, all] of rooms) {
      const users = new Map<string, string>()
      let [last, ordinal] = [0, -1]
      for (const { id, place, term } of all.sort((a, b) => a.place - b.place)) {
        const user = sends.of(id)?.lane.split('.')[0] ?? ''
        const key = `${ordinalOf(place)} ${term}`
        const known = users.get(key) ?? user
        if (ordinalOf(place) === ordinal && term < last)
          add('term/order', `${id} is in ${room} at ${shown(place)} with term ${term}, after one with term ${last}`)
        if (known !== user)
          add('term/shared', `${id} of ${user} is in ${room} with term ${term}, which ${known} has had`)
        users.set(key, known)
        last = term
        ordinal = ordinalOf(place)
      }
    }
  }
  /** Each client is told of leaders that there were. */
  const told = (life: string, [, at, room, , tag, term, leader]: Part): void => {
    if (tag === 'Waiting') return
    const { sessions } = [...lives.all()].find((each) => each.life === life) ?? {}
    const isFounded = (led.get(room) ?? []).some(
      (each) =>
        each.at <= at &&
        each.term === term &&
        (tag === 'Leading' ? sessions?.has(each.session) : each.session === leader),
    )
    if (!isFounded)
      add(
        'leader/unfounded',
        `${life} is told at ${at} that it is ${tag} in term ${term} of ${room}: there was no such leader`,
      )
  }
  /** At the end one candidate leads, and all know it. */
  const ends = (isOver: (life: string) => boolean): void => {
    const finals = parts.filter(({ life, part }) => part[3] === 1 && isOver(life))
    for (const room of new Set(finals.map(({ part }) => part[2]))) {
      const here = finals.filter(({ part }) => part[2] === room)
      // The server that is asked at the very end drops what has no lease any more.
      const endedAt = Math.min(...here.map(({ part }) => part[1]))
      const row = tables
        .events('leader', room)
        .filter(({ at, key }) => key === 'leader' && at <= endedAt)
        .at(-1)
      const term = row && row.value !== null ? ledIn(row).term : undefined
      const leading = here.filter(({ part }) => part[4] === 'Leading')
      if (leading.length !== 1)
        add('leader/end', `${room} ended with ${leading.length} leaders: ${leading.map(({ life }) => life).join()}`)
      for (const { life, part } of here)
        if (part[5] !== term || part[7] === 0)
          add(
            'leader/end',
            `${life} ended as ${part[4]} in term ${part[5]} of ${room}, whose term is ${term ?? 'none'}`,
          )
    }
  }
  return {
    counts,
    take: (life, record) => {
      if (record[0] === 'termed') {
        counts.termed++
        terms.set(record[2], record[3])
      } else if (record[0] === 'part') parts.push({ life, part: record })
      else if (record[0] === 'refused' && record[4] === 'room/term') counts.outdated++
      else if (record[0] === 'unled' && record[4] !== 'retry')
        add('leader/refused', `${life} was refused as a candidate of ${record[2]}: ${record[3]}`)
    },
    finish: (isOver) => {
      for (const room of tables.rooms('leader')) granted(room)
      fenced()
      for (const { life, part } of parts) told(life, part)
      ends(isOver)
    },
  }
}
