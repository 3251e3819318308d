import * as E from '#fp/Either'
import type { Leadership, LeaderState } from '../../lib/features/leader/index.js'
import type { Result } from '../../lib/core/result.js'
import { memory } from '../../lib/server/memory.js'
import type { Engine } from '../../lib/server/engine.js'
import { fakeServer } from '../../lib/testing/fake.js'
import type { FakeServer, FakeServerOptions } from '../../lib/testing/fake-server.js'
import type { Transport } from '../../lib/core/ports.js'
import { type VirtualTime, virtualTime } from '../../lib/testing/virtual.js'
import type { Seen } from './seen.js'

/** Each leader so far, in words. */
export const leaders = ({ all }: Seen<Result<LeaderState>>): readonly string[] =>
  all.map((each) => {
    if (E.isLeft(each)) return each.left.code
    const { leader, term, isMe, isLive } = each.right
    return `${leader?.user ?? '-'} ${term}${isMe ? ' me' : ''}${isLive ? '' : ' offline'}`
  })

/** Each part so far, in words. */
export const parts = ({ all }: Seen<Result<Leadership>>): readonly string[] =>
  all.map((each) => {
    if (E.isLeft(each)) return each.left.code
    const { right } = each
    const who = right._tag === 'Following' ? ` ${right.leader.user}` : ''
    const term = right._tag === 'Waiting' ? '' : ` ${right.term}`
    return `${right._tag}${who}${term}${right.isLive ? '' : ' offline'}`
  })

/** Two servers over one engine. A client of user `u` connects to the one that `use(u, server)` named last. */
export const twoServers = (
  options: FakeServerOptions = {},
  engineOf: (time: VirtualTime) => Engine = (time) => memory({ scheduler: time, wall: () => time.now() }),
) => {
  const time = virtualTime()
  const engine = engineOf(time)
  let ids = 0
  const server = (name: string): FakeServer =>
    fakeServer(time, {
      engine,
      ids: () => `${name}-${++ids}`,
      authenticate: ({ token = '' }) => [{ user: token }],
      ...options,
    })
  const both = [server('one'), server('two')] as const
  const used = new Map<string, 0 | 1>()
  return {
    time,
    engine,
    both,
    /** Connects the next links of a user to that server. */
    use: (user: string, at: 0 | 1) => {
      used.set(user, at)
    },
    transport:
      (user: string): Transport =>
      (request) =>
        both[used.get(user) ?? 0].network.host(user).transport(request),
    close: () => {
      for (const each of both) each.close()
    },
  }
}
