import { BehaviorSubject } from 'rxjs'
import { tokens } from '../../lib/kernel/tokens.js'
import type { ClientFrame } from '../../lib/protocol/frame.js'
import type { TokenContext } from '../../lib/token/source.js'
import { see, tags } from '../support/seen.js'
import { type Actor, greets, stage } from '../support/stage.js'

/** A server that takes one token only. `before` runs when a hello has come, before it is judged. */
const accepts = (good: string, before: (token: string) => void = () => undefined) => {
  const shown: string[] = []
  const script = (frame: ClientFrame, actor: Actor): void => {
    if (!('t' in frame) || frame.t !== 'hello') {
      greets(frame, actor)
      return
    }
    const { token = '' } = frame
    shown.push(token)
    before(token)
    if (token === good) greets(frame, actor)
    else {
      actor.say({ t: 'refused', code: 'auth/rejected', message: 'no', kind: 'reauth' })
      actor.close(4401)
    }
  }
  return { script, shown }
}

describe('tokens of a client', () => {
  it('[TK6] [P1] a value that came while its predecessor was being judged is not taken for the rejected one', () => {
    const token$ = new BehaviorSubject('one')
    const { script, shown } = accepts('two', (token) => {
      if (token === 'one') token$.next('two')
    })
    const { client, time } = stage(script)
    const ana = client({ token: tokens(() => token$) })
    const state = see(ana.state$)
    ana.connect()
    time.advanceBy(1_000)
    expect([shown, state.last()._tag]).toEqual([['one', 'two'], 'Online'])
    ana.close()
  })

  it('[TK6] a source that fails after a rejection is asked again with that reason, not with another', () => {
    const asked: string[] = []
    const token = ({ reason }: TokenContext): string => {
      asked.push(reason)
      if (reason !== 'rejected') return 'cached'
      if (asked.length < 3) throw new Error('no network')
      return 'fresh'
    }
    const { script, shown } = accepts('fresh')
    const { client, time } = stage(script)
    const ana = client({ token: tokens(token) })
    const state = see(ana.state$)
    ana.connect()
    time.advanceBy(5_000)
    expect(asked).toEqual(['first', 'rejected', 'rejected'])
    expect([shown, state.last()._tag]).toEqual([['cached', 'fresh'], 'Online'])
    expect(tags(state)).not.toContain('Stopped')
    ana.close()
  })

  it('[TK6] connect() after all were rejected tells the source so', () => {
    const asked: string[] = []
    const { script, shown } = accepts('none')
    const { client, time } = stage(script)
    const ana = client({ token: tokens(({ reason }) => (asked.push(reason), `token ${asked.length}`)) })
    ana.connect()
    time.advanceBy(5_000)
    ana.connect()
    time.advanceBy(5_000)
    expect(asked).toEqual(['first', 'rejected', 'rejected', 'rejected'])
    expect(new Set(shown).size).toBe(shown.length)
    ana.close()
  })
})
