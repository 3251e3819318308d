import * as E from '#fp/Either'
import type { Admissions } from './join-request.js'
import type { Place } from './place.js'
import { refusal } from './refusal.js'
import type { Member } from './room.js'

/** A check of the read permission of every membership, because the roles changed. */
export interface Recheck {
  /** Begins a pass; during a pass, demands another one. */
  readonly begin: () => void
  /** Checks the next membership. Returns false after the last one. */
  readonly step: () => boolean
}

export const recheck = (admissions: Admissions): Recheck => {
  const { session } = admissions
  let places: Iterator<Place> | undefined
  let isStale = false

  const start = (): void => {
    places = admissions.places()[Symbol.iterator]()
  }
  const check = (place: Place, member: Member): void => {
    const { ch, room } = place
    admissions.asked++
    session.permissions.of(room, (answer) => {
      admissions.asked--
      session.wake()
      if (member.phase === 'left') return
      if (E.isLeft(answer)) admissions.refuse(ch, refusal('room/unavailable'))
      else if (!answer.right.includes('read')) admissions.refuse(ch, refusal('room/forbidden'))
      else admissions.regrant(place, answer.right)
    })
  }

  return {
    begin: () => {
      if (places) isStale = true
      else start()
    },
    step: () => {
      const next = places?.next()
      if (next && !next.done) {
        const { value: place } = next
        if (place.member) check(place, place.member)
        return true
      }
      if (!isStale) return false
      isStale = false
      start()
      return true
    },
  }
}
