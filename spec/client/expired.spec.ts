import { tokens } from '../../lib/kernel/tokens.js'
import { world } from '../../lib/testing/world.js'
import { see } from '../support/seen.js'

/** A server that takes these tokens, and a client whose source gives them. */
const scene = (source: () => string, isValid: (token: string) => boolean) => {
  const asked: string[] = []
  const reasons: string[] = []
  const here = world({
    authenticate: ({ token = '' }) => {
      asked.push(token)
      return [isValid(token) ? { user: 'ana' } : null]
    },
  })
  const client = here.client({
    token: tokens((reason) => {
      reasons.push(reason.reason)
      return source()
    }),
  })
  const state = see(client.state$)
  client.connect()
  here.time.advanceBy(1_000)
  here.server().expire('ana')
  here.time.advanceBy(20_000)
  return { ...here, asked, reasons, state: () => state.last() }
}

describe('the end of a token on the server', () => {
  it('[CN16][SV105] a constant token that is still accepted goes on', () => {
    const { asked, reasons, state, end } = scene(
      () => 'constant',
      () => true,
    )
    expect(asked).toEqual(['constant', 'constant'])
    expect(reasons).toEqual(['first', 'rejected'])
    expect(state()._tag).toBe('Online')
    expect(end()).toBe(0)
  })

  it('[CN16] one that is not accepted any more is not sent a third time', () => {
    let count = 0
    const { asked, state, end } = scene(
      () => 'constant',
      () => ++count === 1,
    )
    expect(asked).toEqual(['constant', 'constant'])
    expect(state()).toMatchObject({ _tag: 'Stopped', because: { code: 'auth/rejected' } })
    expect(end()).toBe(0)
  })

  it('[CN16] a source that gives the old one first is asked again', () => {
    const texts = ['old', 'old', 'new']
    const { asked, reasons, state, end } = scene(
      () => texts.shift() ?? 'none',
      (token) => token === 'new' || texts.length === 2,
    )
    expect(asked).toEqual(['old', 'old', 'new'])
    expect(reasons).toEqual(['first', 'rejected', 'rejected'])
    expect(state()._tag).toBe('Online')
    expect(end()).toBe(0)
  })
})
