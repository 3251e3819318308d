import * as t from 'io-ts'
import { of } from 'rxjs'
import * as E from '#fp/Either'
import { contract } from '../../lib/index.js'
import { command, query, stream } from '../../lib/features/calls/index.js'
import { declared } from '../../lib/contract/declared.js'
import { answers, serverAnswers } from '../../lib/server/calls/answers.js'
import { build, endAll, hosted, remove, rx } from './support.js'

beforeAll(build)
afterEach(endAll)
afterAll(remove)

const Shop = contract({
  calls: {
    book: command({ input: t.number, output: t.string, errors: { taken: t.strict({ by: t.string }) } }),
    free: query({ output: t.array(t.number) }),
    prices: stream({ output: t.number }),
  },
})
const Api = contract({ calls: { version: query({ output: t.string }) } })

describe('call', () => {
  it('[CL61] prints the answers as JSON; a declared error ends it with 1, a refusal with 4', async () => {
    const { server } = await hosted({
      calls: [
        answers(Shop, {
          book: (seat, { user, room }) => [
            seat === 1 ? declared('taken', { by: 'ben' }) : E.right(`${seat} in ${room} for ${user}`),
          ],
          free: () => [E.right([2, 3])],
          prices: () => of(E.right(1), E.right(2)),
        }),
        serverAnswers(Api, { version: () => [E.right('1')] }),
      ],
    })
    const at = ['--room', 'concert']
    const runs = [
      rx(['call', server.url, 'book', '3', ...at]),
      rx(['call', server.url, 'free', ...at, '--kind', 'query']),
      rx(['call', server.url, 'prices', ...at, '--kind', 'stream']),
      rx(['call', server.url, 'version', '--kind', 'query']),
      rx(['call', server.url, 'book', '1', ...at]),
      rx(['call', server.url, 'nothing', ...at]),
      rx(['call', server.url, 'book', '{', ...at]),
      rx(['call', 'ws://127.0.0.1:1', 'book', '1', ...at]),
    ]
    const codes: (number | null)[] = []
    for (const run of runs) codes.push(await run.code())
    expect(codes).toEqual([0, 0, 0, 0, 1, 4, 2, 3])
    expect(runs.map((run) => run.out())).toEqual([
      ['"3 in concert for anonymous"'],
      ['[2,3]'],
      ['1', '2'],
      ['"1"'],
      [],
      [],
      [],
      [],
    ])
    expect(runs[4]?.err()).toContain('taken: {"by":"ben"}')
    expect(runs[5]?.err()).toContain('call/unknown-name')
  })
})
