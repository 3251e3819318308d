import { anything } from '../../lib/contract/contract.js'
import { world } from '../../lib/testing/world.js'
import { history, last } from '../../lib/features/history/index.js'
import { metrics } from '../../lib/features/observe/index.js'
import { codeOf, left, right, see } from '../support/seen.js'

const large = 'x'.repeat(3_000)

describe('a message that is larger than a client takes', () => {
  it('[RM18] is one gap at its place in each stream, and everything else goes on', () => {
    const { client, time, end } = world()
    const [ana, ben] = [client({ messageBytes: 2_000 }), client()]
    const lobby = ana.room('lobby', anything)
    const streams = [see(lobby.on('file')), see(lobby.messages()), see(lobby.on('file', { from: last(3) }))]
    const [calm, state] = [see(ana.room('calm', anything).messages()), see(ana.state$)]
    time.advanceBy(100)
    for (const data of ['a', large, 'b']) ben.room('lobby', anything).post('file', data)
    ben.room('calm', anything).post('tick', 1)
    time.advanceBy(100)
    const sent = see(lobby.send('file', 'mine'))
    time.advanceBy(100)
    const shown = streams.map(({ all }) => all.map((each) => (each._tag === 'Left' ? codeOf(each) : right(each).data)))
    expect(shown).toEqual(streams.map(() => ['a', 'room/gap', 'b', 'mine']))
    expect(left(streams[0]!.all[1]!)).toMatchObject({
      gap: { room: 'lobby', because: 'too-large', missing: 1, from: { offset: 1 }, to: { offset: 2 } },
      message: '1 messages of lobby are missing: they are larger than this client takes.',
    })
    expect(calm.all).toHaveLength(1)
    expect(right(sent.only()).position.offset).toBe(4)
    expect(state.all.filter(({ _tag }) => _tag === 'Online')).toHaveLength(1)
    expect(see(ana.with(metrics).metrics$).last()).toMatchObject({ gaps: 1, losses: 0 })
    expect(end()).toBe(0)
  })

  it('[RM18] is a gap in what was before: in a subscription that starts earlier, and in a page of history', () => {
    const { client, time, end } = world()
    const [ana, ben] = [client({ messageBytes: 2_000 }), client()]
    for (const data of ['a', large, 'b']) ben.room('lobby', anything).post('file', data)
    time.advanceBy(100)
    const lobby = ana.room('lobby', anything)
    const live = see(lobby.messages())
    time.advanceBy(100)
    const heard = see(lobby.messages({ from: last(3) }))
    const page = see(lobby.with(history).history({ last: 3 }))
    time.advanceBy(100)
    const codes = (all: readonly Parameters<typeof codeOf>[0][]): readonly string[] => all.map(codeOf)
    expect([codes(heard.all), codes(right(page.only()).messages), live.all]).toEqual([
      ['', 'room/gap', ''],
      ['', 'room/gap', ''],
      [],
    ])
    expect(see(ana.with(metrics).metrics$).last()).toMatchObject({ losses: 0 })
    expect(end()).toBe(0)
  })
})
