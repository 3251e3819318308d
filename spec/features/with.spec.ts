import { map } from 'rxjs'
import { portOf, partsOf } from '../../lib/client/port.js'
import type { Parts } from '../../lib/client/parts.js'
import { manyRooms } from '../../lib/features/bulk/index.js'
import { latestBy, sample } from '../../lib/features/conflation/index.js'
import { cached, commits, history, last, live, stored } from '../../lib/features/history/index.js'
import { metrics, outbox } from '../../lib/features/observe/index.js'
import { signals } from '../../lib/features/signals/index.js'
import type { Extension } from '../../lib/kernel/extension.js'
import { memoryStore } from '../../lib/stores/index.js'
import { world } from '../../lib/testing/world.js'
import { Chat, data, Numbers } from '../support/chat.js'
import { codeOf, done, left, right, see } from '../support/seen.js'
import { tap } from '../support/wire.js'

/** A client that is in the room `lobby`, whose log has so many numbers. */
const inLobby = (messages = 0) => {
  const here = world()
  const [ana, ben] = [here.client(), here.client()]
  const [lobby, theirs] = [ana.room('lobby', Numbers), ben.room('lobby', Numbers)]
  lobby.join()
  theirs.join()
  here.time.advanceBy(100)
  for (let n = 1; n <= messages; n++) theirs.send('message', n)
  here.time.advanceBy(100)
  return { ...here, ana, lobby, theirs }
}

describe('with', () => {
  it('[FT1] makes another handle with the members of the handle and of the features; both are frozen', () => {
    const { ana, lobby, end } = inLobby()
    const featured = lobby.with(history, signals)
    expect(Object.keys(featured).sort()).toEqual([...Object.keys(lobby), 'history', 'signal', 'signals'].sort())
    expect(Object.keys(lobby)).not.toContain('history')
    expect([featured, lobby].every(Object.isFrozen)).toBe(true)
    expect(featured.with(commits)).toMatchObject({ name: 'lobby', history: featured.history, signal: featured.signal })
    expect(Object.keys(lobby.with(history))).toEqual([...Object.keys(lobby), ...Object.keys(history(lobby))])

    const observed = ana.with(metrics, outbox)
    expect(Object.keys(observed).sort()).toEqual([...Object.keys(ana), 'metrics$', 'outbox$'].sort())
    expect(Object.keys(manyRooms(ana, ['a'], Numbers).with(commits))).toContain('commit')
    expect(end()).toBe(0)
  })

  it('[FT1] keeps the one hold of the handle, and the handle is a room for connect', () => {
    const { ana, lobby, time, end } = inLobby()
    const featured = lobby.with(history)
    expect(right(see(ana.connect({ room: featured })).only())).toBeDefined()
    featured.leave()
    time.advanceBy(1_000)
    expect(see(lobby.membership$).last()._tag).toBe('Out')
    expect(portOf(featured)).toBe(portOf(lobby))
    expect(end()).toBe(0)
  })

  it('[FT1] gives each feature the handle with the earlier ones, which it may replace', () => {
    const { lobby, end } = inLobby()
    const loud = (room: { readonly name: string }) => ({ name: `${room.name}!` })
    expect(lobby.with(loud, loud, loud).name).toBe('lobby!!!')
    expect(lobby.name).toBe('lobby')
    expect(end()).toBe(0)
  })
})

describe('a feature that is first used on a live connection', () => {
  it('[FT2] asks for history at once', () => {
    const { lobby, time, end } = inLobby(3)
    const page = see(lobby.with(history).history({ last: 2 }))
    time.advanceBy(100)
    expect(data(right(page.only()).messages)).toEqual([2, 3])
    expect(end()).toBe(0)
  })

  it('[FT2] begins a subscription with earlier messages, and then has each live one', () => {
    const { lobby, theirs, network, time, end } = inLobby(3)
    const wire = tap(network)
    const seen = see(lobby.on('message', { from: last(2) }))
    for (let n = 4; n <= 6; n++) theirs.send('message', n)
    time.advanceBy(100)
    expect(data(seen.all)).toEqual([2, 3, 4, 5, 6])
    expect(wire.up('hello')).toEqual([])
    expect(end()).toBe(0)
  })

  it('[FT2] hears signals from then on', () => {
    const { lobby, theirs, time, end } = inLobby()
    const heard = see(
      lobby
        .with(signals)
        .signals('message')
        .pipe(map((each) => right(each).data)),
    )
    const told = see(theirs.with(signals).signal('message', 7))
    time.advanceBy(100)
    expect([told.only(), heard.all]).toEqual([done, [7]])
    expect(end()).toBe(0)
  })

  it('[FT2] keeps messages in a cache from then on', () => {
    const { lobby, theirs, network, time, end } = inLobby(3)
    const kept = lobby.with(cached(10))
    kept.join()
    for (let n = 4; n <= 6; n++) theirs.send('message', n)
    time.advanceBy(100)
    const wire = tap(network)
    const seen = see(kept.on('message', { from: last(3) }))
    time.advanceBy(100)
    expect([data(seen.all), wire.up('history')]).toEqual([[4, 5, 6], []])
    expect(end()).toBe(0)
  })

  it('[FT2] knows that the connection has stopped', () => {
    const { client, time, end } = world({ authenticate: () => [null] })
    const ana = client()
    const state = see(ana.state$)
    ana.connect()
    time.advanceBy(100)
    expect(state.last()._tag).toBe('Stopped')
    expect(codeOf(see(ana.room('lobby', Chat).with(history).history({ last: 1 })).only())).toMatch(/^auth\//)
    expect(end()).toBe(0)
  })

  it('[FT2] on a closed client answers a Left or completes', () => {
    const { ana, lobby, time, end } = inLobby()
    ana.close()
    time.advanceBy(100)
    const room = lobby.with(history, signals, commits)
    const answers = [
      see(room.history({ last: 1 })),
      see(room.signal('message', 1)),
      see(room.signals('message')),
      see(room.commit({ epoch: 'E', offset: 1 })),
      see(room.on('message', { from: last(1) })),
      see(manyRooms(ana, ['a'], Numbers).on('message')),
    ]
    expect(answers.map((each) => codeOf(each.only()))).toEqual(answers.map(() => 'connection/client-closed'))
    const views = ana.with(metrics, outbox)
    const ended = [see(views.metrics$), see(views.outbox$)]
    expect(ended.map((each) => [each.all.length, each.isComplete()])).toEqual([[1, true], [1, true]]) // prettier-ignore
    expect(end()).toBe(0)
  })
})

describe('an extension of a feature', () => {
  it('[FT3] is made once for each client, at its first use, and is told of the present link and of each later one', () => {
    const { ana, client, network, time, end } = inLobby()
    const made: Parts[] = []
    let links = 0
    const counting = (parts: Parts): Extension => {
      made.push(parts)
      return { up: () => links++ }
    }
    const first = partsOf(ana).get(counting)
    expect([partsOf(ana).get(counting) === first, made.length, links]).toEqual([true, 1, 1])
    network.cut()
    time.advanceBy(10_000)
    expect([made.length, links]).toEqual([1, 2])
    expect(partsOf(client()).get(counting) === first).toBe(false)
    expect(end()).toBe(0)
  })
})

describe('strategies', () => {
  const policies = [['latestBy', latestBy(({ event }) => event)], ['sample', sample(50)]] as const // prettier-ignore
  it.each(policies)('[FT4] %s excludes commits and windows, and nothing is joined', (_, policy) => {
    const { client, network, time, end } = world()
    const wire = tap(network)
    const ana = client({ store: memoryStore(), identity: 'anonymous' })
    for (const from of [last(5, { window: 2 }), live({ window: 2 }), stored({ commit: 'manual' })]) {
      const wrong = [
        see(ana.room('lobby', Numbers).on('message', { from, policy })),
        see(manyRooms(ana, ['lobby'], Numbers).messages({ from, policy })),
      ]
      for (const each of wrong) expect(left(each.only())).toMatchObject({ code: 'config/invalid', option: 'policy' })
    }
    time.advanceBy(100)
    expect(wire.joins()).toEqual([])
    expect(end()).toBe(0)
  })

  it.each(policies)('[FT4] %s goes with a start that commits nothing by hand', (_, policy) => {
    const { lobby, time, end } = inLobby(3)
    const seen = [last(2), live(), stored()].map((from) => see(lobby.on('message', { from, policy })))
    time.advanceBy(1_000)
    expect(seen.map(({ all }) => all.filter((each) => codeOf(each) !== ''))).toEqual([[], [], []])
    expect(data(seen[0]!.all).at(-1)).toBe(3)
    expect(end()).toBe(0)
  })

  it.each<[string, object, string]>([
    ['a start that is none', { from: { last: 5 } }, 'from'],
    ['a policy as start', { from: sample(50) }, 'from'],
    ['a policy that is none', { policy: 'latest' }, 'policy'],
    ['a start as policy', { policy: last(5) }, 'policy'],
    ['a start with an invalid option', { from: last(5, { window: 0 }) }, 'window'],
    ['a window without commits', { from: stored({ window: 5 }) }, 'window'],
    ['a policy with an invalid option', { policy: sample(-1) }, 'ms'],
  ])('[FT5] %s is a Left of each subscription, and nothing is joined', (_, options, option) => {
    const { client, network, time, end } = world()
    const wire = tap(network)
    const ana = client()
    for (const handle of [ana.room('lobby', Numbers), manyRooms(ana, ['lobby'], Numbers)])
      for (const stream of [handle.on('message', options), handle.messages(options)])
        expect(left(see(stream).only())).toMatchObject({ _tag: 'ConfigError', code: 'config/invalid', option })
    time.advanceBy(100)
    expect(wire.joins()).toEqual([])
    expect(end()).toBe(0)
  })

  it('[FT6] a feature of what is no handle throws, and says what to pass', () => {
    const nothing = {} as never
    const room = /^This is no handle of rx-rooms: pass what client\.room\(name, contract\) gives\.$/
    const client = /^This is no handle of rx-rooms: pass what createClient\(\{ url \}\) gives\.$/
    for (const feature of [history, signals, commits, cached(5)]) expect(() => feature(nothing)).toThrow(room)
    for (const feature of [metrics, outbox]) expect(() => feature(nothing)).toThrow(client)
    expect(() => manyRooms(nothing, ['a'], Numbers)).toThrow(client)
  })
})
