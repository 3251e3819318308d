import type { ConnectionState, Gap, WebSocketError } from '../../../lib/index.js'
import { type Tone, toneOf } from './stretches.js'
import { plural } from './words.js'

/** What the timeline is made of. */
export type Happening =
  | { readonly _tag: 'State'; readonly state: ConnectionState }
  | { readonly _tag: 'Gaps'; readonly gaps: readonly Gap[] }
  | { readonly _tag: 'CaughtUp'; readonly count: number; readonly rooms: number }
  /** Somebody broke or mended something. */
  | { readonly _tag: 'Act'; readonly words: string }

/** A line of the timeline: something that lasted, or something that happened. */
export interface Entry {
  readonly id: number
  readonly at: number
  readonly until: number | undefined
  readonly lasts: boolean
  readonly tone: Tone | 'act' | 'gap' | 'note'
  readonly title: string
  readonly detail: string
  /** The library's code for the cause. */
  readonly code: string
  readonly tries: number
}

const kept = 40

type Said = Pick<Entry, 'title' | 'detail' | 'code'>
const said = (title: string, because?: WebSocketError): Said => ({
  title,
  detail: because?.message ?? '',
  code: because?.code ?? '',
})

const words = (state: ConnectionState): Said => {
  switch (state._tag) {
    case 'Idle':
      return said(state.because === 'drained' ? 'Sent away by the server' : 'Not connected')
    case 'Authorizing':
    case 'Connecting':
    case 'Handshaking':
      return said('Connecting')
    case 'Online':
      return state.quality === 'good'
        ? said('Online')
        : { ...said('Silent'), detail: 'Nothing was heard in time. The server is asked for a sign of life.' }
    case 'Waiting':
      return said('Offline', state.because)
    case 'Suspended':
      return said('Frozen by the browser')
    case 'Stopped':
      return said('Stopped', state.because)
    case 'Closed':
      return said('Closed', state.because)
  }
}

const causes: Readonly<Record<Gap['because'], string>> = {
  epoch: 'The server started them anew: what it had not yet delivered is gone.',
  truncated: 'The server no longer had them.',
  forbidden: 'The history may not be read.',
  overflow: 'They came faster than they were taken.',
  'too-large': 'They are larger than this page takes.',
  lost: 'They were lost on the way.',
}

/** Gaps that were told together are one entry, with one line for each cause. */
const gapWords = (gaps: readonly Gap[]): Said => {
  const rooms = gaps.map(({ room }) => room).join(', ')
  const missing = gaps.every((gap) => gap.missing !== undefined)
    ? ` ${plural(
        gaps.reduce((all, gap) => all + (gap.missing ?? 0), 0),
        'message',
      )} missing.`
    : ''
  return {
    title: gaps.length === 1 ? `A gap in ${rooms}` : `${gaps.length} gaps: one each in ${rooms}`,
    detail: [...new Set(gaps.map(({ because }) => causes[because]))].join(' ') + missing,
    code: 'room/gap',
  }
}

/** The trying between two times online is one entry, with its first cause and the number of tries. */
const isTrying = (tone: Entry['tone']): boolean => tone === 'bad' || tone === 'busy'

/** The timeline after something happened, the newest first. */
export const told = (entries: readonly Entry[], happening: Happening, at: number): readonly Entry[] => {
  const id = (entries[0]?.id ?? 0) + 1
  const add = (entry: Partial<Entry> & Pick<Entry, 'tone' | 'title'>, to = entries): readonly Entry[] =>
    [{ id, at, until: undefined, lasts: false, detail: '', code: '', tries: 0, ...entry }, ...to].slice(0, kept)

  switch (happening._tag) {
    case 'Act':
      return add({ tone: 'act', title: happening.words })
    case 'Gaps':
      return add({ tone: 'gap', ...gapWords(happening.gaps) })
    case 'CaughtUp':
      return add({
        tone: 'note',
        title: 'Caught up',
        detail: `${plural(happening.count, 'missed message')} in ${plural(happening.rooms, 'room')} arrived, each in its place.`,
      })
    case 'State': {
      const { state } = happening
      const tone = toneOf(state)
      const isTry = state._tag === 'Connecting' ? 1 : 0
      const open = entries.find(({ lasts, until }) => lasts && until === undefined)
      if (open && (open.tone === tone || (isTrying(open.tone) && isTrying(tone)))) {
        const cause = open.detail === '' && tone === 'bad' ? words(state) : {}
        const now = { ...open, ...cause, tone: tone === 'bad' ? tone : open.tone, tries: open.tries + isTry }
        return entries.map((entry) => (entry === open ? now : entry))
      }
      const ended = entries.map((entry) => (entry === open ? { ...entry, until: at } : entry))
      return add({ ...words(state), tone, lasts: true, tries: isTry }, ended)
    }
  }
}
