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

const names: Readonly<Record<ConnectionState['_tag'], string>> = {
  Idle: 'idle',
  Authorizing: 'connecting',
  Connecting: 'connecting',
  Handshaking: 'connecting',
  Online: 'online',
  Waiting: 'offline',
  Suspended: 'suspended',
  Stopped: 'stopped',
  Closed: 'closed',
}

/** The connection in a word. */
const nameOf = (state: ConnectionState): string =>
  state._tag === 'Online' && state.quality === 'degraded' ? 'silent' : names[state._tag]

/** The connection in a sentence, with the cause where it is down. */
export const stateWords = (state: ConnectionState): string =>
  state._tag === 'Waiting' || state._tag === 'Stopped' ? `${nameOf(state)}: ${state.because.message}` : nameOf(state)

/** The pipeline at a glance: the connection, what became of what was posted, and what was read. */
export const line = (figures: Figures, tally: Tally, state: ConnectionState): string => {
  const { load, memory, network } = figures
  const waiting = tally.posted - tally.acknowledged - tally.failed
  return [
    nameOf(state).padEnd(10),
    `posted ${tally.posted}`,
    `acknowledged ${tally.acknowledged}`,
    ...(waiting > 0 ? [`waiting ${waiting}`] : []),
    ...(tally.failed > 0 ? [`failed ${tally.failed}`] : []),
    `load ${load.average[0]?.toFixed(2) ?? '–'}`,
    `processor ${(load.busy * 100).toFixed(0)} %`,
    `memory ${bytes(memory.used)}`,
    ...(network
      ? [`in ${bytes(network.received)}/s`, `out ${bytes(network.sent)}/s`, `loopback ${bytes(network.loopback)}/s`]
      : []),
  ].join('  ')
}
