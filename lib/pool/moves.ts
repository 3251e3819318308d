import { Subscription } from 'rxjs'
import * as E from '#fp/Either'
import { anything } from '../contract/contract.js'
import type { Deadlines } from '../core/deadlines.js'
import { observer } from '../store/calls.js'
import { handOver, type Member } from './member.js'
import { canGoOn, offeredAt, type Place, roomsOf, uncommittedAt, unsettled } from './place.js'

/** The wait after a next member could not join, in ms. */
const retryMs = 1_000

/** Moves places to other members. Call in a turn of the pool. */
export interface Moves {
  /** Brings a place nearer to its member; it has a reason to wait until it is there. */
  readonly advance: (place: Place, to: Member, uncommitted: (at: Member) => ReadonlySet<string>) => void
  /** The place stays: takes back the joins at its next member. */
  readonly giveUp: (place: Place) => void
}

export interface MovesNeeds {
  readonly deadlines: Deadlines
  /** Looks at all places again. */
  readonly look: () => void
  readonly moved: (place: Place, from: Member) => void
}

export const moves = ({ deadlines, look, moved }: MovesNeeds): Moves => {
  const giveUp = (place: Place): void => {
    place.move?.leave()
    place.move = undefined
  }
  /** Joins the rooms of a place at its next member, so that they are in there before they leave the present one. */
  const ask = (place: Place, to: Member): void => {
    const asking = new Subscription()
    const scouts = [...roomsOf(place)].map((name) => ({ name, room: to.client.room(name, anything) }))
    const leave = (): void => {
      asking.unsubscribe()
      for (const { room } of scouts) void room.leave()
    }
    let left = scouts.length
    const answered = (_tag: 'LetIn' | 'Refused'): void => {
      place.move = { _tag, to, leave }
      if (_tag === 'LetIn') look()
      else
        asking.add(
          deadlines.after(retryMs, () => {
            giveUp(place)
            look()
          }).cancel,
        )
    }
    place.move = { _tag: 'Asking', to, leave }
    for (const { name, room } of scouts) {
      const by = [...place.residents].find((resident) => resident.room === name && resident.by)?.by
      asking.add(
        room.join({ by }).subscribe(
          observer((joined) => {
            if (place.move?._tag !== 'Asking') return
            if (E.isLeft(joined)) answered('Refused')
            else if (--left === 0) answered('LetIn')
          }),
        ),
      )
    }
  }
  /** Moves a place at once, if it is settled still. In a turn of its member: nothing is being offered. */
  const go = (place: Place, to: Member): void => {
    const from = place.at
    const rooms = roomsOf(place)
    place.waitsFor = unsettled(place, uncommittedAt(from)) ?? 'next'
    if (place.waitsFor !== 'next' || !isNext(place, to)) return
    place.at = to
    place.waitsFor = undefined
    const offered = new Map([...rooms].map((room) => [room, offeredAt(from, room)]))
    for (const room of new Set([place.key, ...rooms])) void handOver(room, from, to)
    for (const follower of place.followers) follower.goOn(to, offered.get(follower.room))
    for (const resident of place.residents) resident.arrive(to)
    for (const resident of place.residents) resident.depart(from)
    giveUp(place)
    moved(place, from)
  }

  return {
    giveUp,
    advance: (place, to, uncommitted) => {
      if (place.move && place.move.to !== to) giveUp(place)
      const { at, move } = place
      if (move?._tag === 'Asking' || move?._tag === 'Refused') {
        place.waitsFor = 'next'
        return
      }
      place.waitsFor = unsettled(place, uncommitted(at))
      if (place.waitsFor) return
      if (!move && roomsOf(place).size > 0) {
        place.waitsFor = 'next'
        ask(place, to)
        return
      }
      // Each turn of a member leads to another look: none begins in vain.
      if (!isNext(place, to)) {
        place.waitsFor = 'next'
        return
      }
      at.parts.kernel.turns.enter(() => {
        if (place.at === at && place.move === move) go(place, to)
      })
    },
  }
}

/** True if each room of a place can go on at its next member. */
const isNext = (place: Place, to: Member): boolean => [...roomsOf(place)].every((room) => canGoOn(room, place.at, to))
