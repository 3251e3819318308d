import { of } from 'rxjs'
import { anything } from '../../lib/contract/contract.js'
import { events } from '../../lib/features/events/index.js'
import { manyRooms } from '../../lib/features/bulk/index.js'
import { history } from '../../lib/features/history/index.js'
import { presence } from '../../lib/features/presence/index.js'
import { tokens } from '../../lib/kernel/tokens.js'
import { sharing } from '../../lib/sharing/index.js'
import { memoryStore } from '../../lib/stores/index.js'
import { type World, world, type WorldOptions } from '../../lib/testing/world.js'
import { codeOf, left, right, see, tags } from '../support/seen.js'

const url = 'ws://world'

/** A world, and a `createClient` whose clients share their connections. */
const sharingWorld = (options?: WorldOptions): World & { readonly shared: ReturnType<typeof sharing> } => {
  const made = world(options)
  return Object.assign(Object.create(made) as World, { shared: sharing({ create: made.client }) })
}

const empty = { undelivered: 0, stored: 0, uncommitted: [] }

describe('clients that share a connection', () => {
  it('[SH1] clients of equal url and identity share one connection; others have their own', () => {
    const { shared, network, time, end } = sharingWorld()
    const [one, two, other, elsewhere] = [
      shared({ url }),
      shared({ url }),
      shared({ url, identity: 'ben' }),
      shared({ url: 'ws://other' }),
    ]
    for (const each of [one, two, other, elsewhere]) each.room('lobby', anything).join()
    time.advanceBy(100)
    expect(network.links()).toBe(3)
    const session = (client: typeof one): unknown => see(client.session$).last()
    expect(session(one)).toEqual(session(two))
    expect(session(one)).not.toEqual(session(other))
    expect(end()).toBe(0)
  })

  it('[SH2] an owner that closes ends its own streams and holds alone; the last one closes the connection, with its drain', () => {
    const { shared, client, network, time, end } = sharingWorld()
    const theirs = client().room('lobby', anything)
    const [one, two] = [shared({ url }), shared({ url })]
    const lobby = one.room('lobby', anything)
    lobby.join()
    const ones = [see(lobby.messages()), see(lobby.on('said')), see(one.room('hall', anything).messages())]
    const [membership, state] = [see(lobby.membership$), see(one.state$)]
    const twos = see(two.room('lobby', anything).messages())
    const hall = see(client().room('hall', anything).with(presence).members$)
    time.advanceBy(100)
    const closed = see(one.close())
    time.advanceBy(0)
    expect(right(closed.only())).toEqual(empty)
    expect([...ones, membership, state].map((each) => each.isComplete())).toEqual([true, true, true, true, true])
    expect([tags(state).at(-1), tags(membership).at(-1), twos.isComplete()]).toEqual(['Closed', 'Refused', false])
    expect(tags(see(two.state$))).toEqual(['Online'])
    theirs.post('said', 1)
    time.advanceBy(2_000)
    expect(twos.all.map((each) => right(each).data)).toEqual([1])
    expect(ones.flatMap(({ all }) => all)).toEqual([])
    // The room that only the first held is left, the other one not.
    expect(tags(see(two.room('hall', anything).membership$))).toEqual(['Out'])
    expect(tags(see(two.room('lobby', anything).membership$))).toEqual(['In'])
    hall.stop()
    // The last owner drains.
    const sent = see(two.room('lobby', anything).send('said', 2))
    const last = see(two.close())
    time.advanceBy(1)
    expect([last.all, twos.isComplete()]).toEqual([[], false])
    time.advanceBy(100)
    expect([codeOf(sent.only()), right(last.only())]).toEqual(['', empty])
    expect(twos.isComplete()).toBe(true)
    expect(network.links()).toBe(2)
    expect(end()).toBe(0)
  })

  it('[SH3] what an owner has sent goes on after its close, and nothing more begins', () => {
    const { shared, time, end } = sharingWorld()
    const [one, two] = [shared({ url }), shared({ url })]
    const room = one.room('lobby', anything).with(history)
    const sent = see(room.send('said', 1))
    one.close()
    const late = room.post('said', 2, { id: 'late' })
    const refused = [see(late), see(room.join()), see(room.leave()), see(room.history({ last: 1 })), see(one.connect())]
    const streams = [see(room.messages()), see(one.room('hall', anything).on('said'))]
    time.advanceBy(100)
    expect(codeOf(sent.only())).toBe('')
    expect(late.id).toBe('late')
    for (const each of [...refused, ...streams]) expect(codeOf(each.only() as never)).toBe('connection/client-closed')
    expect(tags(see(room.membership$))).toEqual(['Refused'])
    two.close()
    time.advanceBy(100)
    expect(end()).toBe(0)
  })

  it('[SH4] other options for an equal url and identity are a ConfigError that names the option', () => {
    const { shared, time, end } = sharingWorld({ authenticate: () => of({ user: 'ana' }) })
    const source = () => of('secret')
    const store = memoryStore()
    const first = { url, identity: 'ana', store, token: tokens(source), outbox: { ageMs: 1_000 }, lingerMs: 100 }
    shared(first)
    const wrong = (more: object): string => {
      const [state] = see(shared({ ...first, ...more }).state$).all
      return state?._tag === 'Closed' && state.because?._tag === 'ConfigError' ? state.because.option : ''
    }
    expect(wrong({ token: tokens(() => of('secret')) })).toBe('token')
    expect(wrong({ token: tokens(source, { withinMs: 5 }) })).toBe('token')
    expect(wrong({ token: undefined })).toBe('token')
    expect(wrong({ store: memoryStore() })).toBe('store')
    expect(wrong({ outbox: { ageMs: 2_000 } })).toBe('outbox')
    expect(wrong({ settleMs: 5 })).toBe('settleMs')
    const broken = shared({ ...first, lingerMs: 7 })
    const error = left(see(broken.room('lobby', anything).join()).only())
    expect(error).toMatchObject({ _tag: 'ConfigError', option: 'lingerMs' })
    expect(error.message).toContain('is shared')
    // The same values in other objects are the same.
    expect(wrong({ token: tokens(source), outbox: { ageMs: 1_000 } })).toBe('')
    time.advanceBy(0)
    expect(end()).toBe(0)
  })

  it('[SH5] an owner that comes in the turn in which the last one closes goes on with the connection', () => {
    const { shared, network, time, end } = sharingWorld()
    const first = shared({ url })
    first.room('lobby', anything).join()
    time.advanceBy(100)
    const closed = see(first.close())
    const second = shared({ url })
    const states = see(second.state$)
    time.advanceBy(100)
    expect(right(closed.only())).toEqual(empty)
    expect([tags(states), network.links()]).toEqual([['Online'], 1])
    second.close()
    time.advanceBy(100)
    expect([network.links(), states.isComplete()]).toEqual([0, true])
    // A later one has a new connection.
    const third = shared({ url })
    third.room('lobby', anything).join()
    time.advanceBy(100)
    expect([network.links(), tags(see(third.state$))]).toEqual([1, ['Online']])
    expect(end()).toBe(0)
  })

  it('[SH6] nothing is shared any longer after the last close, or once the client has closed by itself', () => {
    const { shared, network, time, end } = sharingWorld()
    const [one, two] = [shared({ url, lingerMs: 1 }), shared({ url, lingerMs: 1 })]
    one.close()
    // A second close counts no other owner.
    one.close()
    time.advanceBy(100)
    expect(tags(see(two.state$))).toEqual(['Idle'])
    two.close()
    time.advanceBy(100)
    const other = shared({ url, lingerMs: 2 })
    expect(tags(see(other.state$))).toEqual(['Idle'])
    other.logout()
    time.advanceBy(100)
    expect(tags(see(other.state$))).toEqual(['Closed'])
    const next = shared({ url, lingerMs: 3 })
    next.room('lobby', anything).join()
    time.advanceBy(100)
    expect([tags(see(next.state$)), network.links()]).toEqual([['Online'], 1])
    // Invalid options are not shared, and the next ones are judged on their own.
    expect(tags(see(shared({ url: 'http://x' }).state$))).toEqual(['Closed'])
    expect(end()).toBe(0)
  })

  it('[SH7] each sharing has connections of its own', () => {
    const { client, network, time, end } = sharingWorld()
    const [request, another] = [sharing({ create: client }), sharing({ create: client })]
    for (const each of [request({ url }), request({ url }), another({ url })]) each.room('lobby', anything).join()
    time.advanceBy(100)
    expect(network.links()).toBe(2)
    expect(end()).toBe(0)
  })

  it('[SH8] the features of an owner end with it, and manyRooms too', () => {
    const { shared, client, server, time, end } = sharingWorld()
    const [one, two] = [shared({ url }), shared({ url })]
    const many = see(manyRooms(one, ['a', 'b'], anything).messages())
    const members = see(one.room('lobby', anything).with(presence).members$)
    const notices = see(one.with(events(anything)).messages())
    two.room('c', anything).join()
    time.advanceBy(100)
    server().to('all').publish('notice', 1)
    client().room('a', anything).post('said', 1)
    time.advanceBy(100)
    expect([many.all.length, members.all.length > 0, notices.all.length]).toEqual([1, true, 1])
    one.close()
    time.advanceBy(2_000)
    expect([many, members, notices].map((each) => each.isComplete())).toEqual([true, true, true])
    for (const name of ['a', 'b', 'lobby']) expect(tags(see(two.room(name, anything).membership$))).toEqual(['Out'])
    expect(end()).toBe(0)
  })
})
