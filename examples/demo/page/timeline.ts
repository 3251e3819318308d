import type { ConnectionState, Gap, WebSocketError } from '../../../lib/index.js'
import { type Tone, toneOf } from './stretches.js'
import { plural } from './words.js'

/** What the timeline is made of. */
export type Happening =
  | { readonly _tag: 'State'; readonly state: ConnectionState }
  | { readonly _tag: 'Gaps'; readonly gaps: readonly Gap[] }
  | { readonly _tag: 'CaughtUp'; readonly count: number; readonly rooms: number }
  /** Somebody broke something. */
  | { readonly _tag: 'Act'; readonly words: string }

/** A line of the timeline: outages of one kind that followed each other, or something that happened. */
export interface Entry {
  readonly id: number
  readonly at: number
  /** Of an outage that goes on. */
  readonly isOpen: boolean
  readonly tone: Tone | 'act' | 'gap' | 'note'
  readonly title: string
  /** The act that caused it, if somebody here did it. */
  readonly by: string
  readonly detail: string
  /** The library's code for the cause. */
  readonly code: string
  readonly tries: number
  /** The number of outages, and how long those took that are over. */
  readonly times: number
  readonly totalMs: number
  readonly caughtUp: number
}

/** Entries that are kept. */
const most = 20

/** An outage that begins so soon after an act is its effect. */
const effectMs = 8_000

type Cause = Pick<Entry, 'title' | 'detail' | 'code'>
const cause = (title: string, because?: WebSocketError): Cause => ({
  title,
  detail: because?.message ?? '',
  code: because?.code ?? '',
})

const causeOf = (state: ConnectionState): Cause => {
  switch (state._tag) {
    case 'Online':
      return { ...cause('No sign of life'), detail: 'Nothing was heard in time: the server is asked for an answer.' }
    case 'Suspended':
      return cause('Frozen by the browser')
    case 'Waiting':
    case 'Stopped':
    case 'Closed':
      return cause('Offline', state.because)
    case 'Idle':
    case 'Authorizing':
    case 'Connecting':
    case 'Handshaking':
      return cause('Offline')
  }
}

const causesOfGaps: Readonly<Record<Gap['because'], string>> = {
  epoch: 'The server started them anew: what it had not yet delivered is gone.',
  truncated: 'The server no longer had them.',
  forbidden: 'The history may not be read.',
  overflow: 'They came faster than they were taken.',
  'too-large': 'They are larger than this page takes.',
  lost: 'They were lost on the way.',
}

/** Gaps that were told together are one entry, with one line for each cause. */
const gapWords = (gaps: readonly Gap[]): Cause => {
  const rooms = gaps.map(({ room }) => room).join(', ')
  const missing = gaps.every((gap) => gap.missing !== undefined)
    ? ` ${plural(
        gaps.reduce((all, gap) => all + (gap.missing ?? 0), 0),
        'message',
      )} missing.`
    : ''
  return {
    title: gaps.length === 1 ? `A gap in ${rooms}` : `${gaps.length} gaps: one each in ${rooms}`,
    detail: [...new Set(gaps.map(({ because }) => causesOfGaps[because]))].join(' ') + missing,
    code: 'room/gap',
  }
}

const blank: Omit<Entry, 'id' | 'at' | 'tone' | 'title'> = {
  isOpen: false,
  by: '',
  detail: '',
  code: '',
  tries: 0,
  times: 1,
  totalMs: 0,
  caughtUp: 0,
}

type Entries = readonly Entry[]

const added = (entries: Entries, at: number, entry: Partial<Entry> & Pick<Entry, 'tone' | 'title'>): Entries =>
  [{ ...blank, id: (entries[0]?.id ?? 0) + 1, at, ...entry }, ...entries].slice(0, most)

/** The outage is over. One of the same kind as the one before makes one entry with it. */
const ended = ([outage, before, ...rest]: Entries, at: number): Entries => {
  if (!outage) return []
  const over = { ...outage, isOpen: false, totalMs: outage.totalMs + at - outage.at }
  if (!before) return [over]
  const isSame = before.times > 0 && before.title === over.title && before.by === over.by && before.code === over.code
  if (!isSame) return [over, before, ...rest]
  const { times, totalMs, tries, caughtUp } = before
  const sum = { times: times + 1, totalMs: totalMs + over.totalMs, tries: tries + over.tries }
  return [{ ...over, ...sum, id: before.id, caughtUp }, ...rest]
}

/** The outage goes on: its first cause is kept, but for silence, which turned out to be something worse. */
const worsened = (outage: Entry, state: ConnectionState, tone: Tone): Entry => {
  const tries = outage.tries + (state._tag === 'Connecting' ? 1 : 0)
  const isKnown = outage.code !== '' || (tone !== 'bad' && tone !== 'warn')
  return isKnown ? { ...outage, tries } : { ...outage, ...causeOf(state), tone, tries }
}

const withState = (entries: Entries, state: ConnectionState, at: number): Entries => {
  const tone = toneOf(state)
  const [newest, ...rest] = entries
  if (tone === 'good') {
    if (!newest) return added(entries, at, { tone, title: 'Connected', times: 0 })
    return newest.isOpen ? ended(entries, at) : entries
  }
  if (newest?.isOpen) return [worsened(newest, state, tone), ...rest]
  // Before the first connection there is nothing to lose.
  if (!newest && tone !== 'bad' && tone !== 'warn') return entries
  const isEffect = newest?.tone === 'act' && at - newest.at < effectMs
  const by = isEffect ? newest.title : ''
  return added(isEffect ? rest : entries, at, {
    ...causeOf(state),
    by,
    tone: tone === 'busy' ? 'bad' : tone,
    isOpen: true,
  })
}

/** The timeline after something happened, the newest first. */
export const told = (entries: Entries, happening: Happening, at: number): Entries => {
  switch (happening._tag) {
    case 'Act': {
      // An act during an outage is told beside it.
      const [newest, ...rest] = entries
      const act = { tone: 'act', title: happening.words, times: 0 } as const
      return newest?.isOpen ? [{ ...newest, by: newest.by || happening.words }, ...rest] : added(entries, at, act)
    }
    case 'Gaps':
      return added(entries, at, { ...gapWords(happening.gaps), tone: 'gap', times: 0 })
    case 'CaughtUp': {
      const outage = entries.find(({ times }) => times > 0)
      const more = happening.count
      return outage
        ? entries.map((each) => (each === outage ? { ...each, caughtUp: each.caughtUp + more } : each))
        : added(entries, at, { tone: 'note', title: `${plural(more, 'message')} caught up`, times: 0 })
    }
    case 'State':
      return withState(entries, happening.state, at)
  }
}
