import { SEATS } from '../../protocol/room-info.js'
import type { Cancel, Context } from '../context.js'
import type { NodeLease } from '../tables/lease.js'
import type { Tables, Write } from '../tables/model.js'
import { isOf, type PresenceTarget } from '../tables/presence.js'
import { ownedRow } from './owned-row.js'

/** A session that has a seat, or asks for it. */
export interface Sitter {
  readonly user: string
  readonly session: string
  /** Takes the seat also where none is free. */
  readonly isAdmitted: boolean
  /** The seat is taken. */
  readonly seated: () => void
}

/** The seat of one name at this server: its row, and the sessions that have it. */
export interface Seat<S extends Sitter> {
  /** Gives the seat to a session, once it is taken. */
  readonly ask: (sitter: S) => void
  /** Returns true for a session that has the seat or asks for it. */
  readonly has: (sitter: S) => boolean
  /** Returns true while a session has the seat, or may return to it. */
  readonly isHere: () => boolean
  /** Ends a session's part: at once, or after the time for a return. */
  readonly end: (sitter: S, isOver: boolean) => void
  /** Ends the parts of sessions that may return. */
  readonly forget: (of: PresenceTarget) => void
  /** Returns the time at which the seat becomes free unless a session returns; `undefined` while one is here. */
  readonly freeAt: () => number | undefined
  /** Writes the row again, because it may be gone. */
  readonly again: () => void
  readonly stop: () => void
}

export interface SeatNeeds<S extends Sitter> {
  readonly context: Context
  readonly tables: Tables
  readonly lease: NodeLease
  readonly room: string
  readonly name: string
  /** Returns the number of seats; `undefined`: there is no bound. */
  readonly most: () => number | undefined
  /** Returns the drop of the reservation that this seat uses, if there is one. */
  readonly reservation: () => { readonly before?: Write[]; readonly after?: Write[] }
  /** There is no seat: for those who ask for it, or for those who had it and lost it with the lease (`wasSeated`). */
  readonly full: (sitter: S, wasSeated: boolean) => void
  /** The engine does not answer. */
  readonly failed: (sitter: S) => void
  /** The seat was free in between: the session has to ask again. */
  readonly retry: (sitter: S) => void
  /** A session may return for a while. */
  readonly lost: () => void
  /** Nobody has the seat; `isFree`: its row was dropped. */
  readonly over: (isFree: boolean) => void
}

export const seat = <S extends Sitter>(needs: SeatNeeds<S>): Seat<S> => {
  const { context, lease, name, most, reservation, full, failed, retry, lost, over } = needs
  const { time, now, settings } = context
  const { quietMs, graceMs } = settings.presence
  const here = new Map<string, { readonly sitter: S; until?: number; ending?: Cancel }>()
  let asking: S[] = []

  const isWanted = (): boolean => here.size + asking.length > 0
  const all = (): S[] => [...[...here.values()].map(({ sitter }) => sitter), ...asking]
  const sit = (sitter: S): void => {
    here.get(sitter.session)?.ending?.()
    here.set(sitter.session, { sitter })
    sitter.seated()
  }
  const clear = (): void => {
    for (const { ending } of here.values()) ending?.()
    here.clear()
    asking = []
  }
  const row = ownedRow({
    ...needs,
    of: SEATS,
    key: `${name}\n${lease.name()}`,
    isWanted,
    with: () => {
      const ifFewer = all().some(({ isAdmitted }) => isAdmitted) ? undefined : most()
      return { ...(ifFewer !== undefined && { condition: { ifFewer } }), ...reservation() }
    },
    told: (news) => {
      switch (news) {
        case 'Written':
          for (const each of asking.splice(0)) sit(each)
          return
        case 'Dropped':
          for (const each of asking.splice(0)) retry(each)
          break
        case 'Failed':
          for (const each of asking.splice(0)) failed(each)
          return
        case 'Kept':
        case 'Full': {
          const seated = [...here.values()].map(({ sitter }) => sitter)
          const refused = asking
          clear()
          for (const each of seated) full(each, true)
          for (const each of refused) full(each, false)
        }
      }
      if (!isWanted()) over(news === 'Dropped')
    },
  })
  const drop = (session: string): void => {
    here.get(session)?.ending?.()
    here.delete(session)
    row.due()
  }

  return {
    ask: (sitter) => {
      if (row.isHeld() && isWanted()) sit(sitter)
      else {
        asking.push(sitter)
        row.due()
      }
    },
    has: (sitter) => asking.includes(sitter) || here.get(sitter.session)?.sitter === sitter,
    isHere: () => here.size > 0,
    end: (sitter, isOver) => {
      const known = here.get(sitter.session)
      asking = asking.filter((each) => each !== sitter)
      if (known?.sitter !== sitter) row.due()
      else if (isOver) drop(sitter.session)
      else if (known.until === undefined) {
        known.until = now() + quietMs + graceMs
        known.ending = time.at(known.until, () => {
          drop(sitter.session)
        }).cancel
        lost()
      }
    },
    forget: (of) => {
      for (const { sitter, until } of [...here.values()])
        if (until !== undefined && isOf(of, sitter)) drop(sitter.session)
    },
    freeAt: () => {
      let last: number | undefined = -Infinity
      for (const { until } of here.values()) {
        if (until === undefined) return undefined
        last = Math.max(last, until)
      }
      return asking.length > 0 || last < 0 ? undefined : last
    },
    again: row.again,
    stop: () => {
      row.stop()
      for (const { ending } of here.values()) ending?.()
    },
  }
}
