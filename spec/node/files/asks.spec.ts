import * as E from '#fp/Either'
import { NEVER } from 'rxjs'
import { asks } from '../../../lib/features/calls/index.js'
import { Poll, told } from '../../support/poll.js'
import { see } from '../../support/seen.js'
import { serverOn } from './served.js'
import { shakyDisk } from './shaky-disk.js'

it('[SV234] members and the server call members over an engine on files, and again after its restart', () => {
  const first = serverOn(shakyDisk(), 'one')
  const roomOf = (run: typeof first, user: string) => run.client(user).room('den', Poll).with(asks)
  see(roomOf(first, 'ben').answer('vote', () => [E.right(1)]))
  see(roomOf(first, 'eve').answer('vote', () => NEVER))
  const ana = roomOf(first, 'ana')
  ana.join()
  first.pass()
  const asked = see(ana.ask('vote', 'tea', { until: 'first' }))
  const never = see(ana.ask('act', 'tea'))
  first.pass()
  expect([told(asked), asked.isComplete()]).toEqual([['ben: 1'], true])
  expect(told(never)).toEqual(['call/nobody retry no'])
  const second = serverOn(first.end(), 'two')
  // The members of the first run are no members of the second one.
  const before = see(second.server.server().to({ room: 'den' }).ask(Poll, 'vote', 'tea'))
  second.pass()
  expect(told(before)).toEqual(['call/nobody retry no'])
  see(roomOf(second, 'ben').answer('vote', () => [E.right(2)]))
  second.pass()
  const again = see(second.server.server().to({ room: 'den' }).ask(Poll, 'vote', 'tea'))
  const late = see(roomOf(second, 'ana').ask('vote', 'tea', { withinMs: 1_000 }))
  second.pass()
  expect([told(again), again.isComplete()]).toEqual([['ben: 2'], true])
  expect([told(late), late.isComplete()]).toEqual([['ben: 2'], true])
  second.end()
})
