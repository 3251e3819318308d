import { doorOf } from '../../examples/demo/page/door.js'
import { roomError } from '../../lib/core/error.js'
import type { Membership } from '../../lib/index.js'

const refused = (code: `room/${string}`, data?: Readonly<Record<string, unknown>>): Membership => ({
  _tag: 'Refused',
  error: roomError({ code, message: 'Said.', remedy: '', kind: 'terminal', room: 'tea', ...(data && { data }) }),
})
const wordsAt = (now: number, membership: Membership) => {
  const door = doorOf('tea', membership, false, now)
  return [door?.words, door?.opens]
}

describe('the door of a room of the demo', () => {
  it('[DM27] is open for whoever is inside, or on the way, and asks for a password where one is needed', () => {
    expect(doorOf('tea', { _tag: 'Joining' }, false, 0)).toBeUndefined()
    expect(doorOf('tea', { _tag: 'Recovering' }, false, 0)).toBeUndefined()
    expect(doorOf('tea', refused('room/password', { reason: 'missing' }), false, 0)).toEqual({
      title: 'tea is private',
      words: 'It opens with a password.',
      opens: 'password',
    })
    expect(wordsAt(0, refused('room/password', { reason: 'wrong' }))).toEqual([
      'That was not the password.',
      'password',
    ])
  })

  it('[DM31] says that an invitation does not hold', () => {
    const words = 'Your invitation is not valid any more.'
    expect(wordsAt(0, refused('room/invitation', { reason: 'expired' }))).toEqual([words, 'never'])
  })

  it('[DM32] says that a room is gone, whatever else there is to say', () => {
    const gone = { title: 'tea is gone', words: 'It ended with the server that held it.', opens: 'never' }
    expect(doorOf('tea', { _tag: 'Joining' }, true, 0)).toEqual(gone)
    expect(doorOf('tea', refused('room/password'), true, 0)).toEqual(gone)
  })

  it('[DM28] says why somebody was removed, and counts down to the time of the return', () => {
    const kicked = refused('room/kicked', { because: 'By Ana', notBefore: 20_000 })
    expect(wordsAt(5_500, kicked)).toEqual(['By Ana. You may come back in 15 s.', 'later'])
    expect(wordsAt(20_000, kicked)).toEqual(['By Ana. You may come back now.', 'again'])
    expect(wordsAt(0, refused('room/kicked'))).toEqual(['You may come back now.', 'again'])
    expect(wordsAt(0, refused('room/banned', { until: 61_000 }))).toEqual(['You may come back in 1 min 1 s.', 'later'])
    expect(wordsAt(0, refused('room/banned'))).toEqual(['You may not come back.', 'never'])
  })

  it('[DM28] says that a room was closed, and repeats what else is said', () => {
    expect(wordsAt(0, refused('room/closed', { because: 'Tea is over' }))).toEqual(['Tea is over', 'never'])
    expect(wordsAt(0, refused('room/full'))).toEqual(['Said.', 'again'])
  })
})
