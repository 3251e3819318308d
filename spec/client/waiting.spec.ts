import { NEVER, type Observable } from 'rxjs'
import type { Client } from '../../lib/client/client.js'
import type { WebSocketError } from '../../lib/core/error.js'
import type { Result } from '../../lib/core/result.js'
import type { AbortSignalLike, WaitOptions } from '../../lib/core/wait.js'
import { history } from '../../lib/features/history/index.js'
import { clientStore } from '../../lib/session/client-store.js'
import { memory as memoryStore } from '../../lib/store/memory.js'
import { world } from '../../lib/testing/world.js'
import { Chat } from '../support/chat.js'
import { codeOf, left, see } from '../support/seen.js'
import { tap } from '../support/wire.js'

interface Action {
  readonly area: string
  readonly call: (ana: Client, wait: WaitOptions) => Observable<Result<unknown>>
  /** Answers at once, whatever the network does. */
  readonly isImmediate?: true
}

const lobby = (ana: Client) => ana.room('lobby', Chat)
const hello = { text: 'hello' }

const actions: Readonly<Record<string, Action>> = {
  'connect()': { area: 'connection', call: (ana, wait) => ana.connect(wait) },
  'connect({ room })': { area: 'connection', call: (ana, wait) => ana.connect({ ...wait, room: lobby(ana) }) },
  'disconnect()': { area: 'connection', call: (ana, wait) => ana.disconnect(wait), isImmediate: true },
  'close({ drainMs })': {
    area: 'connection',
    call: (ana, wait) => {
      // A store would keep what is posted, which nobody waits for.
      lobby(ana).send('message', hello)
      return ana.close({ ...wait, drainMs: 60_000 })
    },
  },
  'logout()': { area: 'connection', call: (ana, wait) => ana.logout(wait) },
  'join()': { area: 'room', call: (ana, wait) => lobby(ana).join(wait) },
  'leave()': { area: 'room', call: (ana, wait) => lobby(ana).leave(wait), isImmediate: true },
  'send()': { area: 'delivery', call: (ana, wait) => lobby(ana).send('message', hello, wait) },
  'post()': { area: 'delivery', call: (ana, wait) => lobby(ana).post('message', hello, wait) },
  'history()': {
    area: 'room',
    call: (ana, wait) =>
      lobby(ana)
        .with(history)
        .history({ ...wait, last: 1 }),
  },
}
const all = Object.entries(actions).map(([name, action]) => [name, action] as const)
const waiting = all.filter(([, { isImmediate }]) => !isImmediate)

/** A client that gets no answer to anything: no network, and a store that never erases. */
const stuck = () => {
  const here = world()
  here.network.refuse(true)
  const store = clientStore({ ...memoryStore(), erase: () => NEVER })
  return { ...here, ana: here.client({ store, identity: 'ana' }) }
}

/** A signal whose listeners are counted. */
const counting = () => {
  const aborter = new AbortController()
  const listeners = new Set<unknown>()
  const signal: AbortSignalLike = {
    get aborted() {
      return aborter.signal.aborted
    },
    addEventListener: (type, listener) => {
      listeners.add(listener)
      aborter.signal.addEventListener(type, listener)
    },
    removeEventListener: (type, listener) => {
      listeners.delete(listener)
      aborter.signal.removeEventListener(type, listener)
    },
  }
  return { signal, abort: (reason?: unknown) => { aborter.abort(reason) }, listeners: () => listeners.size } // prettier-ignore
}

const secret = new Error('secret')

describe('signal', () => {
  it.each(all)('[CT19] %s does not start with one that is aborted already', (name, { area, call }) => {
    const { ana, network, time, end } = stuck()
    const wire = tap(network)
    const { signal, abort, listeners } = counting()
    abort(secret)
    const state = see(ana.state$)
    const answer = see(call(ana, { signal }))
    expect(left(answer.only())).toMatchObject({ code: `${area}/aborted`, kind: 'terminal' })
    network.refuse(false)
    time.advanceBy(100)
    expect([listeners(), wire.up('hello').length]).toEqual([0, name.startsWith('close') ? 1 : 0])
    expect(state.all.map(({ _tag }) => _tag)).not.toContain('Closed')
    expect(end()).toBe(0)
  })

  it.each(waiting)('[CT19] %s is answered at once when it is aborted while it waits', (_, { area, call }) => {
    const { ana, time, end } = stuck()
    const { signal, abort, listeners } = counting()
    const answer = see(call(ana, { signal }))
    time.advanceBy(1_000)
    expect([answer.all, listeners()]).toEqual([[], 1])
    abort(secret)
    const because: WebSocketError = left(answer.only())
    expect(because.code).toBe(`${area}/aborted`)
    expect(JSON.stringify(because)).not.toContain('secret')
    time.advanceBy(1_000)
    expect([answer.all.length, listeners()]).toEqual([1, 0])
    expect(end()).toBe(0)
  })

  it.each(all)('[CT19] %s keeps its answer, and no listener, when it is aborted afterwards', (name, { call }) => {
    const { client, time, end } = world()
    const ana = client()
    lobby(client()).post('message', hello)
    time.advanceBy(100)
    const { signal, abort, listeners } = counting()
    const answer$ = call(ana, { signal })
    const first = see(answer$)
    time.advanceBy(1_000)
    expect([name, codeOf(first.only()), listeners()]).toEqual([name, '', 0])
    abort()
    time.advanceBy(1_000)
    expect(codeOf(see(answer$).only())).toBe('')
    expect(end()).toBe(0)
  })

  it('[CT19] that is aborted in a notification of the same turn is obeyed in its turn', () => {
    const { client, time, end } = world()
    const ana = client()
    const aborter = new AbortController()
    ana.state$.subscribe(({ _tag }) => {
      if (_tag === 'Online') aborter.abort()
    })
    const connected = see(ana.connect({ signal: aborter.signal }))
    time.advanceBy(100)
    expect(['', 'connection/aborted']).toContain(codeOf(connected.only()))
    expect(end()).toBe(0)
  })

  it('[CT19] gives back the hold of a join that it aborts, unless another join of the handle counts on it', () => {
    const { client, network, time, end } = world()
    const wire = tap(network)
    const ana = client({ lingerMs: 0 })
    network.refuse(true)
    const [alone, shared] = ['alone', 'shared'].map((name) => ana.room(name, Chat))
    const aborter = new AbortController()
    const { signal } = aborter
    const answers = [alone!.join({ signal }), shared!.join({ signal }), shared!.join({ withinMs: 60_000 })].map(see)
    time.advanceBy(1_000)
    aborter.abort()
    network.refuse(false)
    time.advanceBy(10_000)
    expect(answers.map((answer) => codeOf(answer.only()))).toEqual(['room/aborted', 'room/aborted', ''])
    expect(wire.joins().map(({ frame }) => frame.room)).toEqual(['shared'])
    expect(end()).toBe(0)
  })

  it('[CT19] ends the wait for a connection, not the connecting', () => {
    const { client, time, end } = world({ latencyMs: 100 })
    const ana = client()
    const state = see(ana.state$)
    const aborter = new AbortController()
    const connected = see(ana.connect({ signal: aborter.signal }))
    time.advanceBy(10)
    aborter.abort()
    expect(codeOf(connected.only())).toBe('connection/aborted')
    time.advanceBy(1_000)
    expect(state.last()._tag).toBe('Online')
    expect(end()).toBe(0)
  })

  it.each(all)('[CT19] %s of what is no signal is Left, and does not start', (_, { call }) => {
    const { ana, time, end } = stuck()
    const state = see(ana.state$)
    const answer = see(call(ana, { signal: new AbortController() as never }))
    time.advanceBy(0)
    expect(left(answer.only())).toMatchObject({ code: 'config/invalid', option: 'signal' })
    expect(state.last()._tag).not.toBe('Closed')
    expect(end()).toBe(0)
  })
})

describe('withinMs', () => {
  it.each(waiting)('[CT20] %s is answered when the time is over', (_, { area, call }) => {
    const { ana, time, end } = stuck()
    const answer = see(call(ana, { withinMs: 3_000 }))
    time.advanceBy(2_999)
    expect(answer.all).toEqual([])
    time.advanceBy(1)
    expect(codeOf(answer.only())).toBe(`${area}/timeout`)
    expect(end()).toBe(0)
  })

  it.each(all.flatMap(([name, { call }]) => [NaN, -1, 0, '5'].map((ms) => [name, ms, call] as const)))(
    '[CT20] %s within %p is Left, and does not start',
    (_, withinMs, call) => {
      const { ana, time, end } = stuck()
      const state = see(ana.state$)
      const answer = see(call(ana, { withinMs: withinMs as number }))
      time.advanceBy(0)
      expect(left(answer.only())).toMatchObject({ code: 'config/invalid', option: 'withinMs' })
      expect(state.last()._tag).not.toBe('Closed')
      expect(end()).toBe(0)
    },
  )
})
