import * as t from 'io-ts'
import * as E from '#fp/Either'
import { contract } from '../../lib/contract/contract.js'
import type { AskedMember } from '../../lib/contract/call-answer.js'
import type { WebSocketError } from '../../lib/core/error.js'
import type { Result } from '../../lib/core/result.js'
import { asks, command, query, stream } from '../../lib/features/calls/index.js'
import { tokens } from '../../lib/kernel/tokens.js'
import type { Client } from '../../lib/client/client.js'
import type { FakeServerOptions } from '../../lib/testing/fake-server.js'
import { twoServers } from './leadership.js'

/** A contract whose calls members answer. */
export const Poll = contract({
  events: {},
  calls: {
    vote: query({ input: t.string, output: t.number, errors: { busy: t.strict({ for: t.number }) } }),
    act: command({ input: t.string, output: t.string }),
    ping: query(),
    ticks: stream({ output: t.number }),
  },
})

const failure = (error: WebSocketError): string => {
  if (error._tag === 'DeclaredError') return `declared ${error.error} ${JSON.stringify(error.value)}`
  return error._tag === 'CallError' ? `${error.code} ${error.kind} ${error.executed}` : error.code
}

/** The items of a call to members, of any type. */
export interface Told {
  readonly all: readonly Result<{ readonly member: AskedMember; readonly result: Result<unknown> }>[]
}

/** The items of a call to members so far, in words. */
export const told = ({ all }: Told): readonly string[] =>
  all.map((item) => {
    if (E.isLeft(item)) return failure(item.left)
    const { member, result } = item.right
    const said = E.isLeft(result) ? failure(result.left) : JSON.stringify(result.right)
    return `${member.user}: ${said}`
  })

/** Two servers over one engine, and users whose clients are in the room `den`. */
export const poll = (
  options: FakeServerOptions = {},
  ...more: Parameters<typeof twoServers> extends [unknown?, ...infer R] ? R : never
) => {
  const made = twoServers(options, ...more)
  const clients = new Map<string, Client>()
  const clientOf = (user: string, at: 0 | 1 = 0): Client => {
    const known = clients.get(user)
    if (known) return known
    made.use(user, at)
    const client = made.both[0].client({
      transport: made.transport(user),
      token: tokens(() => user),
      lingerMs: 0,
    })
    clients.set(user, client)
    return client
  }
  return {
    ...made,
    clientOf,
    /** The room of a user at a server. */
    roomOf: (user: string, at: 0 | 1 = 0) => clientOf(user, at).room('den', Poll).with(asks),
    network: (user: string) => made.both.map(({ network }) => network.host(user)),
  }
}
