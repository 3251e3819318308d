import * as E from '#fp/Either'
import { map, of, timer } from 'rxjs'
import type { CallFrame } from '../../../lib/protocol/frame.js'
import { createRoomServer } from '../../../lib/server/server.js'
import { call, shopAnswers, told } from '../../server/calls/support.js'
import { hello, rawPeer, type RawPeer } from '../../server/support/peer.js'
import { counted } from '../../server/support/world.js'
import { open } from './rig.js'
import { type ShakyDisk, shakyDisk } from './shaky-disk.js'

/** A server on files, whose command takes 100 ms. */
const started = (disk: ShakyDisk, ran: string[], name: string) => {
  const opened = open(disk)
  const { engine, time } = opened
  const server = createRoomServer({
    engine,
    scheduler: time,
    wall: time.now,
    ids: counted(`lease ${name}`),
    authenticate: () => of({ user: 'ann' }),
    calls: shopAnswers({
      buy: (what) => {
        ran.push(`${what} at ${name}`)
        return timer(100, time).pipe(map(() => E.right(what.length)))
      },
    }),
  })
  const instance = counted(name)
  const client = (): RawPeer => {
    const peer = rawPeer(server)
    peer.send(hello({ session: { instance: instance(), generation: 1 } }))
    disk.run()
    return peer
  }
  const send = (peer: RawPeer, ...frames: readonly CallFrame[]): void => {
    peer.send(...frames)
    for (let step = 0; step < 5; step++) {
      disk.run()
      time.advanceBy(1)
    }
  }
  const wait = (ms: number): void => {
    time.advanceBy(ms)
    disk.run()
  }
  return { opened, server, client, send, wait }
}

const commandsOf = (peer: RawPeer): string => peer.all('welcome')[0]?.commands ?? ''

describe('commands of a server on files', () => {
  it('[SV175] [PR177] give the same answer after a restart, and do not run again', () => {
    const disk = shakyDisk()
    const ran: string[] = []
    const one = started(disk, ran, 'one')
    const peer = one.client()
    one.send(peer, call(1, 'buy', 'tea'))
    expect(told(peer)).toEqual([])
    one.wait(100)
    expect(told(peer)).toEqual(['1 last 3'])
    const commands = commandsOf(peer)
    const two = started(
      disk.after('kill', () => 0.9),
      ran,
      'two',
    )
    const other = two.client()
    expect(commandsOf(other)).toBe(commands)
    two.send(other, call(1, 'buy', 'tea', { again: true, commands }))
    expect([told(other), ran]).toEqual([['1 last 3'], ['tea at one']])
  })

  it('[SV181] [PR179] that ran when their server was killed are lost, and one that had not arrived runs', () => {
    const disk = shakyDisk()
    const ran: string[] = []
    const one = started(disk, ran, 'one')
    const peer = one.client()
    one.send(peer, call(1, 'buy', 'tea'))
    const commands = commandsOf(peer)
    const left = disk.after('kill', () => 0.9)
    const two = started(left, ran, 'two')
    const other = two.client()
    two.send(other, call(1, 'buy', 'tea', { again: true, commands }), call(2, 'buy', 'milk', { again: true, commands }))
    two.wait(100)
    expect([told(other), ran]).toEqual([
      ['1 call/unknown unknown', '2 last 4'],
      ['tea at one', 'milk at two'],
    ])
  })

  it('[SV182] begin after the claim is on the disk, and answer after the outcome is', () => {
    const disk = shakyDisk()
    const ran: string[] = []
    const one = started(disk, ran, 'one')
    const peer = one.client()
    peer.send(call(1, 'buy', 'tea'))
    one.opened.time.advanceBy(1)
    expect(ran).toEqual([])
    one.send(peer)
    expect(ran).toEqual(['tea at one'])
    one.opened.time.advanceBy(100)
    expect(told(peer)).toEqual([])
    disk.run()
    expect(told(peer)).toEqual(['1 last 3'])
  })
})
