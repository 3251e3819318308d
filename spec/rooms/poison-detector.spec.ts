import { anything } from '../../lib/contract/contract.js'
import { history } from '../../lib/features/history/index.js'
import type { ClientFrame, Join, ServerFrame } from '../../lib/protocol/frame.js'
import { codeOf, left, right, see } from '../support/seen.js'
import { type Actor, joined, msg, paged, stage, welcome } from '../support/stage.js'
import { joinsOf } from '../support/wire.js'

const large = 'x'.repeat(3_000)

/** A server that writes everything to everybody, whatever their hello says: in one WebSocket message each. */
const careless = (logs: Readonly<Record<string, readonly unknown[]>>) => {
  const lengths = new Map(Object.entries(logs).map(([room, log]) => [room, log.length]))
  const logOf = (room: string): readonly unknown[] => (logs[room] ?? []).slice(0, lengths.get(room) ?? 0)
  const answer = (join: Join, actor: Actor): void => {
    const log = logOf(join.room)
    const base = join.from && 'offset' in join.from ? join.from.offset : log.length
    actor.say(joined(join, { base, head: log.length }))
    log.slice(base).forEach((data, at) => {
      actor.say(msg(join.ch, base + at + 1, data))
    })
  }
  const said = (frame: ClientFrame, actor: Actor): void => {
    if (!('t' in frame)) return
    if (frame.t === 'hello') actor.say(welcome({ can: ['history'], limits: { ...welcome().limits, history: 100 } }))
    if (frame.t === 'ping') actor.say({ t: 'pong', n: frame.n })
    for (const join of joinsOf(frame)) answer(join, actor)
    if (frame.t === 'history') {
      const { ch, room, count, after } = frame
      const log = logOf(room)
      const base = after?.offset ?? Math.max(0, log.length - count)
      log.slice(base, base + count).forEach((data, at) => {
        actor.say(paged(ch, base + at + 1, data))
      })
      const end: ServerFrame = { t: 'page', ch, epoch: 'E', first: 1, head: log.length, base, recovered: true }
      actor.say(end)
    }
  }
  const here = stage(said)
  return {
    ...here,
    /** Logs what a room has from the beginning to so many messages, and tells those who are in. */
    grow: (room: string, to: number) => {
      const from = lengths.get(room) ?? 0
      lengths.set(room, to)
      const actor = here.actor()
      const ch = actor
        .joins()
        .filter((join) => join.room === room)
        .at(-1)!.ch
      logOf(room)
        .slice(from)
        .forEach((data, at) => {
          actor.say(msg(ch, from + at + 1, data))
        })
    },
    empty: () => {
      for (const room of lengths.keys()) lengths.set(room, 0)
    },
  }
}

const shown = (all: readonly Parameters<typeof codeOf>[0][]): readonly unknown[] =>
  all.map((each) => (each._tag === 'Left' ? codeOf(each) : (right(each) as { readonly data: unknown }).data))

describe('a server that writes more than a client takes', () => {
  it('[RM18] [PR106] costs a few links a message, and then a gap in its place; the rest goes on', () => {
    const server = careless({ lobby: ['a', large, 'b', large, 'c'], calm: [1, 2] })
    server.empty()
    const ana = server.client({ messageBytes: 2_000 })
    const [lobby, calm] = [see(ana.room('lobby', anything).messages()), see(ana.room('calm', anything).messages())]
    const faults = see(ana.faults$)
    server.time.advanceBy(100)
    server.grow('calm', 1)
    server.grow('lobby', 3)
    server.time.advanceBy(30_000)
    expect(shown(lobby.all)).toEqual(['a', 'room/gap', 'b'])
    expect(left(lobby.all[1]!)).toMatchObject({ gap: { because: 'too-large', from: { offset: 1 }, to: { offset: 2 } } })
    expect(server.actors).toHaveLength(4)
    server.grow('calm', 2)
    server.grow('lobby', 5)
    server.time.advanceBy(30_000)
    expect(shown(lobby.all)).toEqual(['a', 'room/gap', 'b', 'room/gap', 'c'])
    expect([shown(calm.all), faults.all]).toEqual([[1, 2], []])
    expect(server.actors).toHaveLength(7)
    ana.close()
    server.time.advanceBy(0)
    expect(server.timers()).toBe(0)
  })

  it('[RM18] [PR106] many rooms that had more to come are tried one at a time, and none loses what is its own', () => {
    const names = Array.from({ length: 6 }, (_, n) => `r${n}`)
    const server = careless(Object.fromEntries(names.map((name) => [name, name === 'r4' ? [large, 1] : [1, 2]])))
    server.empty()
    const ana = server.client({ messageBytes: 2_000 })
    const heard = names.map((name) => see(ana.room(name, anything).messages()))
    server.time.advanceBy(100)
    server.network.cut()
    // The server reads the guilty room first, whoever else is behind.
    for (const name of names) server.grow(name, 2)
    server.time.advanceBy(60_000)
    expect(heard.map(({ all }) => shown(all))).toEqual(names.map((name) => (name === 'r4' ? ['room/gap', 1] : [1, 2])))
    expect(server.actors.length).toBeLessThan(8)
    ana.close()
    server.time.advanceBy(0)
    expect(server.timers()).toBe(0)
  })

  it('[RM18] a page of history that has one is given up after two tries, and those beside it are answered', () => {
    const server = careless({ lobby: ['a', large], calm: [1, 2] })
    const ana = server.client({ messageBytes: 2_000 })
    const state = see(ana.state$)
    const live = see(ana.room('lobby', anything).messages())
    server.time.advanceBy(100)
    const pages = ['lobby', 'calm'].map((name) => see(ana.room(name, anything).with(history).history({ last: 2 })))
    server.time.advanceBy(9_000)
    expect(left(pages[0]!.only())).toMatchObject({ code: 'room/too-large', kind: 'terminal' })
    expect(shown(right(pages[1]!.only()).messages)).toEqual([1, 2])
    expect([live.all, state.last()._tag]).toEqual([[], 'Online'])
    expect(server.actors).toHaveLength(3)
    ana.close()
    server.time.advanceBy(0)
    expect(server.timers()).toBe(0)
  })
})
