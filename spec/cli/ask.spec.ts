import * as t from 'io-ts'
import { of } from 'rxjs'
import * as E from '#fp/Either'
import { contract } from '../../lib/index.js'
import { asks, query } from '../../lib/features/calls/index.js'
import { declared } from '../../lib/contract/declared.js'
import type { MemberHandler } from '../../lib/features/calls/asks.js'
import { tokens } from '../../lib/kernel/tokens.js'
import { until } from '../support/until.js'
import { build, connected, endAll, hosted, remove, rx } from './support.js'

beforeAll(build)
afterEach(endAll)
afterAll(remove)

const Table = contract({
  calls: { vote: query({ input: t.string, output: t.number, errors: { busy: t.strict({ for: t.number }) } }) },
})
type Vote = MemberHandler<(typeof Table)['calls']['vote']>

const members = async (votes: Readonly<Record<string, Vote>>): Promise<string> => {
  const { server } = await hosted({
    authenticate: ({ token = 'cli' }) => of({ user: token }),
    authorize: ({ room }) => (room === 'closed' ? [[]] : [['read', 'publish']]),
  })
  for (const [user, vote] of Object.entries(votes)) {
    const results: unknown[] = []
    const client = connected(server.url, { token: tokens(() => user) })
    client.room('den', Table).with(asks).answer('vote', vote).subscribe((result) => results.push(result._tag)) // prettier-ignore
    await until(`${user} answers`, () => results.length > 0)
  }
  return server.url
}

const answers = (lines: readonly string[]) =>
  lines
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
    .map(({ user, session, ...said }) => [user, typeof session, said])
    .sort()

describe('ask', () => {
  it('[CL62] prints the answer of each member, and ends with 0 by its rule', async () => {
    const url = await members({ ana: (on) => [E.right(on.length)], ben: () => [declared('busy', { for: 5 })] })
    const all = rx(['ask', url, 'den', 'vote', '"tea"', '--kind', 'query'])
    expect(await all.code()).toBe(0)
    expect(answers(all.out())).toEqual([
      ['ana', 'string', { answer: 3 }],
      ['ben', 'string', { error: { code: 'call/declared', error: 'busy', value: { for: 5 } } }],
    ])
    for (const rule of ['first', '1']) {
      const first = rx(['ask', url, 'den', 'vote', '"tea"', '--until', rule])
      expect(await first.code()).toBe(0)
      expect(first.out().length).toBeGreaterThan(0)
    }
  })

  it('[CL63] ends with 1 without the answers, with 4 where it is refused, with 3 without a server', async () => {
    const url = await members({
      ana: () => [E.right(1)],
      ben: () => {
        throw new Error('no')
      },
    })
    const runs = [
      rx(['ask', url, 'den', 'vote', '"tea"']),
      rx(['ask', url, 'den', 'vote', '"tea"', '--until', '2']),
      rx(['ask', url, 'den', 'vote', '"tea"', '--until', '3']),
      rx(['ask', url, 'den', 'nothing']),
      rx(['ask', url, 'closed', 'vote', '"tea"']),
      rx(['ask', 'ws://127.0.0.1:1', 'den', 'vote']),
    ]
    const codes: (number | null)[] = []
    for (const run of runs) codes.push(await run.code())
    expect(codes).toEqual([1, 1, 1, 1, 4, 3])
    expect(runs[0]?.err()).toContain('1 of 2 members have no answer')
    expect(runs[0]?.out()).toHaveLength(2)
    expect(runs[2]?.err()).toContain('call/too-few')
    expect(runs[3]?.err()).toContain('call/nobody')
    for (const run of runs) expect(run.err().trim().split('\n')).toHaveLength(1)
  })

  it.each([
    [['den', 'vote', '{']],
    [['den', 'vote', '--until', 'most']],
    [['den', 'vote', '--until', '0']],
    [['@other', 'vote']],
    [['den', '']],
    [['den', 'vote', '--kind', 'stream']],
  ])('[CL64] %s is wrong usage', async (args) => {
    expect(await rx(['ask', 'ws://127.0.0.1:1', ...args]).code()).toBe(2)
  })
})
