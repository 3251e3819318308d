import { tokens } from '../../lib/kernel/tokens.js'
import type { Verdict } from '../../lib/connection/model.js'
import { Chat } from '../support/chat.js'
import { see, tags } from '../support/seen.js'
import { admits, stage } from '../support/stage.js'

/** What a client does about a close with this code, however clean it was. */
const verdicts: readonly (readonly [number, Verdict])[] = [
  ...[1000, 1001, 1002, 1003, 1005, 1006, 1007, 1009, 1011, 1012, 1013, 1014, 1015].map(
    (code) => [code, 'retry'] as const,
  ),
  ...[3008, 3999, 4000, 4408, 4429, 4999].map((code) => [code, 'retry'] as const),
  ...[3000, 4401].map((code) => [code, 'reauthenticate'] as const),
  ...[1008, 1010, 3003, 4400, 4403, 4409].map((code) => [code, 'terminal'] as const),
]

describe('a socket that is closed', () => {
  it.each(verdicts)('[P8] [T6] with %i: %s; no stream completes', (code, verdict) => {
    const { client, actor, actors, time } = stage(admits)
    const reasons: string[] = []
    const ana = client({
      random: () => 0,
      token: tokens(({ reason, ask }) => {
        reasons.push(reason)
        return `token ${ask}`
      }),
    })
    const state = see(ana.state$)
    const heard = see(ana.room('lobby', Chat).on('message'))
    time.advanceBy(10_000)
    actor().close(code, 'so it is')
    time.advanceBy(10_000)
    expect([heard.isComplete(), state.isComplete()]).toEqual([false, false])
    expect([actors.length, state.last()._tag, reasons]).toEqual(
      verdict === 'terminal'
        ? [1, 'Stopped', ['first']]
        : [2, 'Online', ['first', verdict === 'retry' ? 'reconnect' : 'rejected']],
    )
    const told = state.all.find((now) => now._tag === 'Waiting' || now._tag === 'Stopped')
    if (told && 'because' in told) expect(JSON.stringify(told.because)).toContain('so it is')
    ana.close()
  })

  it('[P8] what to do about it is one function, and anybody may write another', () => {
    const { client, actor, time } = stage(admits)
    const ana = client({
      classify: (because) => ('closeCode' in because && because.closeCode === 1000 ? 'terminal' : 'retry'),
    })
    const state = see(ana.state$)
    ana.connect()
    time.advanceBy(100)
    actor().close(4400)
    time.advanceBy(5_000)
    expect(tags(state).slice(-5)).toEqual(['Waiting', 'Authorizing', 'Connecting', 'Handshaking', 'Online'])
    actor().close(1000)
    time.advanceBy(5_000)
    expect(state.last()).toMatchObject({ _tag: 'Stopped', because: { closeCode: 1000 } })
    ana.close()
  })
})
