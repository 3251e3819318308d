import { defer, from, map, NEVER, of, timer, VirtualTimeScheduler } from 'rxjs'
import { TestScheduler } from 'rxjs/testing'
import { tokens } from '../../lib/kernel/tokens.js'
import type { ClientOptions } from '../../lib/client/options.js'
import { fakeServer } from '../../lib/testing/fake.js'
import type { FakeServerOptions } from '../../lib/testing/fake-server.js'
import { rooms } from '../../lib/testing/rooms.js'
import { virtualTime } from '../../lib/testing/virtual.js'
import { world } from '../../lib/testing/world.js'
import { Chat } from '../support/chat.js'

const says = (option: string): string =>
  `${option} gave a promise, which never settles in virtual time. Return the value itself or of(value), ` +
  "or cold('20ms (a|)', { a: value }) where it is to take 20 ms."

interface Place {
  readonly option: string
  readonly server?: FakeServerOptions
  readonly client?: Partial<ClientOptions>
}

/** Every function of a test that may answer with a promise. */
const places: readonly Place[] = [
  { option: 'token', client: { token: tokens(() => Promise.resolve('a')) } },
  { option: 'token', client: { token: tokens(() => Promise.reject(new Error('unhandled'))) } },
  {
    option: 'token',
    client: {
      token: tokens(async function* () {
        yield await Promise.resolve('a')
      }),
    },
  },
  { option: 'token', client: { token: tokens(() => from(Promise.resolve('a')).pipe(map((text) => text))) } },
  { option: 'token', client: { token: tokens(defer(async () => Promise.resolve('a'))) } },
  { option: 'authenticate', server: { authenticate: () => Promise.resolve({ user: 'ana' }) } },
  { option: 'authenticate', server: { authenticate: () => from(Promise.resolve({ user: 'ana' })) } },
  { option: 'authorize', server: { authorize: async () => ['read'] } },
]

describe.each(places)(
  'a promise from $option',
  ({ option, server: serverOptions = {}, client: clientOptions = {} }) => {
    it('[TE8] fails a run, and says what to return instead', () => {
      const failing = (): void => {
        rooms.with(serverOptions).run(({ client, expectTimeline }) => {
          const ana = client(clientOptions)
          expectTimeline(ana.room('lobby', Chat).on('message')).toBe([])
        })
      }
      expect(failing).toThrow(says(option))
      expect(failing).toThrow('Authorizing')
    })

    const hold = (server: ReturnType<typeof fakeServer>): void => {
      server.client(clientOptions).room('lobby', Chat).on('message').subscribe()
    }

    it('[TE8] fails a fake server, whatever the scheduler', () => {
      const time = virtualTime()
      hold(fakeServer(time, serverOptions))
      expect(() => time.advanceBy(100)).toThrow(says(option))
      const rx = new VirtualTimeScheduler()
      hold(fakeServer(rx, serverOptions))
      expect(() => rx.flush()).toThrow(says(option))
      const test = new TestScheduler(() => undefined)
      expect(() => test.run(() => hold(fakeServer(test, serverOptions)))).toThrow(says(option))
    })

    it('[TE8] fails a world', () => {
      const { client, time, end } = world(serverOptions)
      client(clientOptions).room('lobby', Chat).on('message').subscribe()
      expect(() => time.advanceBy(100)).toThrow(says(option))
      end()
    })
  },
)

describe('a promise as the token itself', () => {
  it('[TE8] fails where it is given', () => {
    const token = Promise.resolve('a')
    expect(() => rooms.run(({ client }) => client({ token: tokens(token) }).connect())).toThrow(says('token'))
  })
})

describe('what is no promise', () => {
  it('[TE8] passes: values, Observables and marbles, at their time', () => {
    rooms
      .with({ authenticate: () => of({ user: 'ana' }), authorize: () => [['read', 'publish']] })
      .run(({ client, cold, expectStates }) => {
        const slow = client({ token: tokens(() => cold('20ms (a|)', { a: 'token' })) })
        slow.connect()
        expectStates(slow).toBe([[0, 'Authorizing'], [20, 'Connecting'], [22, 'Handshaking'], [24, 'Online']]) // prettier-ignore
        expectStates(client({ token: tokens(() => 'token') })).toBe([[0, 'Idle']])
        expectStates(client({ token: tokens(NEVER) })).toBe([[0, 'Idle']])
        const aside = client({
          token: tokens(() => {
            void Promise.resolve().then(() => undefined)
            return timer(7).pipe(map(() => 'token'))
          }),
        })
        aside.connect()
        expectStates(aside).toBe([[0, 'Authorizing'], [7, 'Connecting'], [9, 'Handshaking'], [11, 'Online']]) // prettier-ignore
      })
  })
})
