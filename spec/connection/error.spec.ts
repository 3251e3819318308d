import { closed } from '../../lib/connection/close-code.js'
import { overdue } from '../../lib/connection/error.js'

describe('what goes wrong with a connection', () => {
  it.each([
    [overdue('connection/open-timeout', 15_000), 'connection/open-timeout', 'retry', /15000 ms/, /check the url/],
    [
      overdue('connection/handshake-timeout', 10_000),
      'connection/handshake-timeout',
      'retry',
      /10000 ms/,
      /rx-rooms\.v1/,
    ],
    [overdue('connection/silent', 35_000.4), 'connection/silent', 'retry', /35000 ms/, /tried again/],
    [overdue('connection/unacknowledged', 20_000.4), 'connection/unacknowledged', 'retry', /20000 ms/, /tried again/],
    [closed(1008, ''), 'connection/closed', 'terminal', /\(1008\)/, /connect\(\)/],
    [closed(4401, ''), 'auth/rejected', 'reauth', /\(4401\)/, /token/],
    [closed(4999, 'why'), 'connection/closed', 'retry', /the code 4999, "why"\.$/, /tried again/],
  ])('[CN7] says what happened and what to do: %j', (error, code, kind, message, remedy) => {
    expect(error).toMatchObject({ code, kind })
    expect(error.message).toMatch(message)
    expect(error.remedy).toMatch(remedy)
  })
})
