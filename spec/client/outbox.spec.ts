import { anything } from '../../lib/contract/contract.js'
import { world } from '../../lib/testing/world.js'
import type { OutboxState } from '../../lib/features/observe/outbox-view.js'
import { outbox } from '../../lib/features/observe/index.js'
import { Chat } from '../support/chat.js'
import { right, see } from '../support/seen.js'
import { admits, stage } from '../support/stage.js'

/** Ids with stages and attempts. */
const inWords = ({ entries, queued, inFlight }: OutboxState): string =>
  `${queued} queued, ${inFlight} in flight: ${entries.map(({ id, stage, attempts }) => `${id} ${stage} ${attempts}`).join(', ')}`

describe('outbox$', () => {
  it('[OB14] shows each message under the id that send and post tell at the call, and what becomes of it', () => {
    const { client, network, time, end } = world({ latencyMs: 50 })
    const ana = client({ autoConnect: false })
    const seen = see(ana.with(outbox).outbox$)
    const lobby = ana.room('lobby', Chat)
    time.advanceBy(1_000)
    const sent$ = lobby.send('message', { text: 'a' })
    const posted$ = lobby.post('message', { text: 'b' })
    const sent = see(sent$)
    const posted = see(posted$)
    const [a, b] = [sent$.id, posted$.id]
    time.advanceBy(0)
    ana.connect()
    time.advanceBy(200)
    network.cut()
    time.advanceBy(10_000)
    expect(seen.all.map(inWords)).toEqual([
      '0 queued, 0 in flight: ',
      `2 queued, 0 in flight: ${a} queued 0, ${b} queued 0`,
      `0 queued, 2 in flight: ${a} inFlight 1, ${b} inFlight 1`,
      `2 queued, 0 in flight: ${a} queued 1, ${b} queued 1`,
      `0 queued, 2 in flight: ${a} inFlight 2, ${b} inFlight 2`,
      '0 queued, 0 in flight: ',
    ])
    expect(seen.all[1]!.entries[0]).toMatchObject({ room: 'lobby', event: 'message', since: 1_000 })
    expect(seen.all[1]!.bytes).toBe(2 * seen.all[1]!.entries[0]!.bytes)
    expect([sent, posted].map((each) => right(each.only()).id)).toEqual([a, b])
    expect(end()).toBe(0)
  })

  it('[OB14] is told once for all that a turn changed, also to who comes late, and completes at the close', () => {
    const { client, time, end } = world()
    const ana = client({ autoConnect: false })
    const early = see(ana.with(outbox).outbox$)
    const lobby = ana.room('lobby', Chat)
    for (let n = 0; n < 100; n++) lobby.post('message', { text: `${n}` })
    time.advanceBy(0)
    const late = see(ana.with(outbox).outbox$)
    expect(early.all.map(({ queued }) => queued)).toEqual([0, 100])
    expect(late.all).toEqual([early.last()])
    early.stop()
    late.stop()
    lobby.post('message', { text: 'unseen' })
    time.advanceBy(0)
    const again = see(ana.with(outbox).outbox$)
    expect(again.last().queued).toBe(101)
    ana.close()
    time.advanceBy(0)
    expect([again.last().queued, again.isComplete()]).toEqual([0, true])
    expect(end()).toBe(0)
  })

  it('[OB14] who looks for the first time sees what was given before', () => {
    const { client, time, end } = world()
    const ana = client({ autoConnect: false })
    const { id } = ana.room('lobby', Chat).post('message', { text: 'a' })
    time.advanceBy(0)
    const looks = [see(ana.with(outbox).outbox$), see(outbox(ana).outbox$)]
    expect(looks.map(({ all }) => all.map(inWords))).toEqual(Array(2).fill([`1 queued, 0 in flight: ${id} queued 0`]))
    ana.close({ drainMs: 0 })
    const after = see(ana.with(outbox).outbox$)
    expect([inWords(after.only()), after.isComplete()]).toEqual(['0 queued, 0 in flight: ', true])
    expect(end()).toBe(0)
  })

  it('[OB14] who comes in the turn of a post sees it at once, and so does who was there', () => {
    const { client, time, end } = world()
    const ana = client()
    const first = see(ana.with(outbox).outbox$)
    const { id } = ana.room('lobby', Chat).post('message', { text: 'a' })
    const second = see(ana.with(outbox).outbox$)
    expect(inWords(second.last())).toBe(`1 queued, 0 in flight: ${id} queued 0`)
    expect(first.all.map(inWords)).toEqual(['0 queued, 0 in flight: ', inWords(second.last())])
    time.advanceBy(1_000)
    expect([first.last(), second.last()].map(inWords)).toEqual(Array(2).fill('0 queued, 0 in flight: '))
    expect(end()).toBe(0)
  })

  it('[OB14] who comes in the middle of a turn sees what is held by then; who was there is told at its end', () => {
    const { client, time, timers } = stage((frame, actor) => {
      admits(frame, actor)
      if ('t' in frame || frame[0] !== 'p' || frame[1] % 3 > 0) return
      actor.say(...[2, 1, 0].map((back) => ['a', 'E', 0, frame[1] - back, frame[1] - back, 1_000] as const))
    })
    const ana = client()
    const numbers = ({ all }: { readonly all: readonly OutboxState[] }) => all.map(({ entries }) => entries.length)
    const first = see(ana.with(outbox).outbox$)
    const lobby = ana.room('lobby', Chat)
    const late: (typeof first)[] = []
    for (let n = 0; n < 3; n++)
      lobby
        .post('message', { text: `${n}` })
        .subscribe(() => late.push(see(ana.with(outbox).outbox$), see(ana.with(outbox).outbox$)))
    time.advanceBy(1_000)
    expect(numbers(first)).toEqual([0, 3, 3, 0])
    expect(late.map(numbers)).toEqual([[2, 0], [2, 0], [1, 0], [1, 0], [0], [0]])
    expect(late.every((each) => each.last() === first.last())).toBe(true)
    ana.close()
    time.advanceBy(0)
    expect(timers()).toBe(0)
  })

  it('[OB14] shows what was posted, read once and only if it is asked for; later changes by the caller have no effect', () => {
    const { client, time, end } = world()
    const ana = client({ autoConnect: false })
    const seen = see(ana.with(outbox).outbox$)
    const given = { text: 'a' }
    const parse = jest.spyOn(JSON, 'parse')
    ana.room('lobby', Chat).post('message', given)
    given.text = 'changed'
    time.advanceBy(0)
    const [entry] = seen.last().entries
    expect(parse).not.toHaveBeenCalled()
    expect(entry?.data).toEqual({ text: 'a' })
    expect(entry?.data).toBe(entry?.data)
    expect([parse.mock.calls.length, Object.isFrozen(entry?.data)]).toEqual([1, true])
    parse.mockRestore()
    expect(end()).toBe(0)
  })

  it('[OB14] shows bytes and an absent payload as they were posted', () => {
    const { client, time, end } = world()
    const ana = client({ autoConnect: false })
    const seen = see(ana.with(outbox).outbox$)
    const room = ana.room('lobby', anything)
    room.post('bytes', Uint8Array.of(1, 2, 3))
    room.post('nothing', undefined)
    time.advanceBy(0)
    expect(seen.last().entries.map(({ data }) => data)).toEqual([Uint8Array.of(1, 2, 3), undefined])
    expect(end()).toBe(0)
  })

  it('[OB14] a message of which nothing has changed is the same object', () => {
    const { client, time, end } = world()
    const ana = client({ autoConnect: false })
    const seen = see(ana.with(outbox).outbox$)
    const lobby = ana.room('lobby', Chat)
    for (let n = 0; n < 3; n++) {
      lobby.post('message', { text: `${n}` })
      time.advanceBy(1)
    }
    const [, , before, after] = seen.all
    expect(after!.entries.slice(0, 2)).toEqual(before!.entries)
    expect(after!.entries[0]).toBe(before!.entries[0])
    expect(end()).toBe(0)
  })

  it('[OB14] nothing is done for it while nobody looks', () => {
    const { client, time, end } = world()
    const ana = client({ autoConnect: false })
    const lobby = ana.room('lobby', Chat)
    const seen = see(ana.with(outbox).outbox$)
    lobby.post('message', { text: 'seen' })
    time.advanceBy(0)
    const [entry] = seen.last().entries
    seen.stop()
    const freeze = jest.spyOn(Object, 'freeze')
    lobby.post('message', { text: 'unseen' })
    time.advanceBy(0)
    const frozen = freeze.mock.calls.filter(([value]) => 'stage' in (value as object) || 'queued' in (value as object))
    freeze.mockRestore()
    expect(frozen).toEqual([])
    expect(see(ana.with(outbox).outbox$).last().entries[0]).toBe(entry)
    expect(end()).toBe(0)
  })
})
