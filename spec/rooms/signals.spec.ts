import { Observable, type Subscriber } from 'rxjs'
import * as E from '#fp/Either'
import type { Result } from '../../lib/core/result.js'
import { type Signal, listeners } from '../../lib/features/signals/listeners.js'
import type { EventSelector } from '../../lib/rooms/sink.js'
import { closedByUser } from '../../lib/kernel/kernel.js'
import { roomsRig } from '../support/rooms.js'
import { see } from '../support/seen.js'

type Ear = Subscriber<Result<Signal<unknown>>>

describe('signals of rooms', () => {
  it('[SG3] are told to who listens there, decoded once for all of a kind; who has gone is not told', () => {
    const { all, extension, messages, up, joins, joined, say, turn } = roomsRig()
    const heard = extension(listeners)
    up()
    for (const name of ['lobby', 'kitchen']) see(messages(name))
    for (const { ch } of joins()) joined(ch, {})
    const told: string[] = []
    const listener = (name: string): Ear => {
      const ears: Ear[] = []
      new Observable((to: Ear) => void ears.push(to)).subscribe({
        next: (each) => told.push(`${name} ${E.isRight(each) ? String(each.right.data) : each.left.code}`),
        complete: () => told.push(`${name} |`),
      })
      return ears[0]!
    }
    let asked = 0
    const wishing =
      (event: string): EventSelector =>
      (name) => {
        asked++
        return name === event ? (raw) => E.right(raw) : undefined
      }
    const [typing, moving] = [wishing('typing'), wishing('moving')]
    const [lobby, kitchen] = [all.interest.of('lobby'), all.interest.of('kitchen')]
    const [a, b, c, d] = [listener('a'), listener('b'), listener('c'), listener('d')]
    const said = (room: typeof lobby, event: string): { readonly told: readonly string[]; readonly asked: number } => {
      say(['s', room.ch, event, 7, ['ben', 's2']])
      const now = { told: told.splice(0), asked }
      asked = 0
      return now
    }
    heard.add(lobby, typing, a)
    heard.add(lobby, typing, b)
    heard.add(lobby, moving, c)
    heard.add(kitchen, typing, d)
    expect(said(lobby, 'typing')).toEqual({ told: ['a 7', 'b 7'], asked: 2 })
    expect(said(lobby, 'moving')).toEqual({ told: ['c 7'], asked: 2 })
    expect(said(kitchen, 'typing')).toEqual({ told: ['d 7'], asked: 1 })
    heard.remove(lobby, typing, a)
    expect(said(lobby, 'typing')).toEqual({ told: ['b 7'], asked: 2 })
    heard.remove(lobby, typing, b)
    expect(said(lobby, 'typing')).toEqual({ told: [], asked: 1 })
    heard.remove(lobby, moving, c)
    expect(said(lobby, 'moving')).toEqual({ told: [], asked: 0 })
    heard.add(lobby, moving, c)
    turn(() => heard.close?.(closedByUser))
    expect(told).toEqual(['d |', 'c |'])
  })
})
