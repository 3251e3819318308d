import { tokens } from '../../lib/kernel/tokens.js'
import type { TokenContext } from '../../lib/token/source.js'
import { see, tags } from '../support/seen.js'
import { stage, welcome } from '../support/stage.js'

const asking = () => {
  const asked: TokenContext['reason'][] = []
  return {
    asked,
    token: ({ reason, ask }: TokenContext): string => {
      asked.push(reason)
      return `token ${ask}`
    },
  }
}

describe('a greeting that is refused', () => {
  it('[P11] says why in band; for its token another one is asked for once, and tried at once', () => {
    const { client, actors, time } = stage((frame, to) => {
      if (!('t' in frame) || frame.t !== 'hello') return
      if (to.number > 1) to.say(welcome())
      else {
        to.say({ t: 'refused', code: 'auth/rejected', message: 'Expired.', kind: 'reauth' })
        to.close(4401)
      }
    })
    const { asked, token } = asking()
    const ana = client({ token: tokens(token) })
    const state = see(ana.state$)
    ana.connect()
    time.advanceBy(20)
    expect(asked).toEqual(['first', 'rejected'])
    expect(tags(state)).toEqual([
      'Idle',
      'Authorizing',
      'Connecting',
      'Handshaking',
      'Authorizing',
      'Connecting',
      'Handshaking',
      'Online',
    ])
    expect(actors).toHaveLength(2)
    ana.close()
  })

  it('[P11] again with another token stops the client with why: no loop', () => {
    const { client, actors, time } = stage((frame, to) => {
      if (!('t' in frame) || frame.t !== 'hello') return
      to.say({ t: 'refused', code: 'auth/rejected', message: 'This account is locked.', kind: 'reauth' })
      to.close(4401)
    })
    const { asked, token } = asking()
    const ana = client({ token: tokens(token) })
    const answer = see(ana.connect())
    time.advanceBy(3_600_000)
    expect([asked, actors.length]).toEqual([['first', 'rejected'], 2])
    expect(answer.only()).toMatchObject({ left: { code: 'auth/rejected', message: 'This account is locked.' } })
    ana.close()
  })

  it('[P11] by nobody: a socket that dies before it opens, or before the welcome, is no reason to ask for another token', () => {
    const { client, network, time } = stage((frame, to) => {
      if ('t' in frame && frame.t === 'hello') to.close(1006)
    })
    const { asked, token } = asking()
    const ana = client({ token: tokens(token), random: () => 0 })
    const state = see(ana.state$)
    ana.connect()
    time.advanceBy(10_000)
    network.refuse(true)
    time.advanceBy(10_000)
    expect(asked.length).toBeGreaterThan(20)
    expect(new Set(asked)).toEqual(new Set(['first', 'reconnect']))
    expect(state.last()).toMatchObject({ _tag: 'Waiting', because: { code: 'connection/closed', closeCode: 1006 } })
    ana.close()
  })

  it('[P11] by a server that wants a token from a client that has none: it stops and says so', () => {
    const { client, time, actors } = stage((frame, to) => {
      if ('t' in frame && frame.t === 'hello')
        to.say({ t: 'refused', code: 'auth/rejected', message: '', kind: 'reauth' })
    })
    const ana = client()
    const answer = see(ana.connect())
    time.advanceBy(3_600_000)
    expect(answer.only()).toMatchObject({ left: { _tag: 'AuthenticationError', code: 'auth/no-token' } })
    expect(actors).toHaveLength(1)
    ana.close()
  })

  it('[P11] by something of another kind: it stops and says so', () => {
    const { client, time, network } = stage()
    const ana = client({
      transport: (request) => network.transport({ ...request, protocols: ['graphql-transport-ws'] }),
    })
    const answer = see(ana.connect())
    time.advanceBy(3_600_000)
    expect(answer.only()).toMatchObject({ left: { code: 'protocol/unsupported', kind: 'terminal' } })
    ana.close()
  })
})
