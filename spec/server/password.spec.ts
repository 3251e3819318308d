import { of } from 'rxjs'
import * as E from '#fp/Either'
import { world } from '../../lib/testing/world.js'
import { Numbers } from '../support/chat.js'
import { see } from '../support/seen.js'

describe('the password of a join', () => {
  it('[SV101] is given to authorize, also after a loss, and another one is asked about anew', () => {
    const { client, network, time, end } = world({
      authorize: ({ password }) => of(password === 'sesame' ? ['read', 'publish', 'history'] : []),
    })
    const room = client().room('lobby', Numbers)
    const answers = ['wrong', 'sesame'].map((password) => {
      const answer = see(room.join({ password }))
      time.advanceBy(1_000)
      return E.isRight(answer.only())
    })
    expect(answers).toEqual([false, true])
    network.cut()
    const states = see(room.membership$)
    time.advanceBy(10_000)
    expect(states.last()._tag).toBe('In')
    expect(end()).toBe(0)
  })
})
