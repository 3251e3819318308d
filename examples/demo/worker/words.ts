import type { ConnectionState, Result, Receipt } from '../../../lib/index.js'

const bytes = (count: number): string => {
  const units = ['B', 'kB', 'MB', 'GB']
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, count)) / 3)))
  return `${(count / 1_000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power] ?? ''}`
}

export interface Figures {
  readonly load: { readonly busy: number; readonly average: readonly number[] }
  readonly memory: { readonly used: number }
  readonly network: { readonly loopback: number; readonly received: number; readonly sent: number } | undefined
}

/** What became of what was posted. */
export interface Tally {
  readonly posted: number
  readonly acknowledged: number
  readonly failed: number
}

export const nothing: Tally = { posted: 0, acknowledged: 0, failed: 0 }

export const posted = (tally: Tally): Tally => ({ ...tally, posted: tally.posted + 1 })
export const settled = (tally: Tally, { _tag }: Result<Receipt>): Tally =>
  _tag === 'Right' ? { ...tally, acknowledged: tally.acknowledged + 1 } : { ...tally, failed: tally.failed + 1 }

/** The connection in a few words. */
export const stateWords = (state: ConnectionState): string => {
  switch (state._tag) {
    case 'Online':
      return state.quality === 'good' ? 'online' : 'silent, probing'
    case 'Waiting':
      return `away, try ${state.attempt + 1} waits: ${state.because.message}`
    case 'Stopped':
      return `stopped: ${state.because.message}`
    case 'Authorizing':
    case 'Connecting':
    case 'Greeting':
      return 'connecting'
    case 'Idle':
    case 'Suspended':
    case 'Closed':
      return state._tag.toLowerCase()
  }
}

/** The pipeline at a glance: what was read, what became of it, and the connection. */
export const line = (figures: Figures, tally: Tally, state: ConnectionState): string => {
  const { load, memory, network } = figures
  const waiting = tally.posted - tally.acknowledged - tally.failed
  return [
    `load ${(load.busy * 100).toFixed(0).padStart(3)} %  (${load.average.map((each) => each.toFixed(2)).join(' ')})`,
    `memory ${bytes(memory.used)}`,
    ...(network
      ? [`network ↓ ${bytes(network.received)}/s ↑ ${bytes(network.sent)}/s ↻ ${bytes(network.loopback)}/s`]
      : []),
    `posted ${tally.posted}`,
    `acknowledged ${tally.acknowledged}`,
    ...(waiting > 0 ? [`waiting ${waiting}`] : []),
    ...(tally.failed > 0 ? [`failed ${tally.failed}`] : []),
    stateWords(state),
  ].join('  ')
}
