import type { SchedulerLike } from 'rxjs'

/** The column of an event. */
export type Side = 'client' | 'server'

/** The events on both sides, in order. */
export interface Transcript {
  /** Notes an event now. A text that is costly to make can be a function; it runs when somebody reads the transcript. */
  readonly note: (side: Side, who: string, what: string | (() => readonly string[])) => void
  /**
   * Returns two columns with ms in the margin: the events around a moment, with the first at or after it marked `>`.
   * Without a moment, the last events. Empty if there are none.
   */
  readonly show: (around?: number) => string
}

interface Event {
  readonly at: number
  readonly side: Side
  readonly who: string
  readonly what: string | (() => readonly string[])
}

interface Line {
  readonly at: number
  readonly side: Side
  readonly text: string
}

/** Number of events to keep; older ones are discarded. */
const keptEvents = 10_000

/** Number of lines to show before the given moment, and after it. */
const linesBefore = 14
const linesAfter = 6

/** Maximum width of a column; longer lines are cut. */
const columnWidth = 58

/** Makes the transcript of one run. It costs a record per event, and keeps at least the last 10 000, fewer than 20 000. */
export const transcript = (scheduler: SchedulerLike): Transcript => {
  let events: Event[] = []
  let forgotten = 0

  return {
    note: (side, who, what) => {
      events.push({ at: scheduler.now(), side, who, what })
      if (events.length < 2 * keptEvents) return
      events = events.slice(keptEvents)
      forgotten += keptEvents
    },
    show: (around) => {
      const found = around === undefined ? -1 : events.findIndex(({ at }) => at >= around)
      const middle = found < 0 ? events.length : found
      const before = events
        .slice(Math.max(0, middle - linesBefore), middle)
        .flatMap(linesOf)
        .slice(-linesBefore)
      const after = events
        .slice(middle, middle + linesAfter)
        .flatMap(linesOf)
        .slice(0, linesAfter)
      return table([...before, ...after], before.length, forgotten > 0 || middle > linesBefore)
    },
  }
}

const linesOf = ({ at, side, who, what }: Event): readonly Line[] =>
  (typeof what === 'string' ? [what] : what()).map((text) => ({
    at,
    side,
    text: who === '' ? text : `${who}: ${text}`,
  }))

const table = (lines: readonly Line[], marked: number, isCut: boolean): string => {
  if (lines.length === 0) return ''
  const margin = Math.max(2, ...lines.map(({ at }) => clock(at).length))
  const left = Math.max(6, ...lines.map(({ side, text }) => (side === 'client' ? cut(text).length : 0)))
  const row = (sign: string, ms: string, client: string, server: string): string =>
    `${sign} ${ms.padStart(margin)}  ${client.padEnd(left)}  ${server}`.trimEnd()
  const rows = lines.map(({ at, side, text }, index) =>
    row(
      index === marked ? '>' : ' ',
      // Each moment appears once.
      lines[index - 1]?.at === at ? '' : clock(at),
      side === 'client' ? cut(text) : '',
      side === 'server' ? cut(text) : '',
    ),
  )
  return [row(' ', 'ms', 'client', 'server'), ...(isCut ? [row(' ', '…', '', '')] : []), ...rows].join('\n')
}

const cut = (text: string): string => (text.length > columnWidth ? `${text.slice(0, columnWidth - 1)}…` : text)

/** Formats a moment in ms; in real time, to a tenth of a ms. */
export const clock = (ms: number): string => (Number.isInteger(ms) ? String(ms) : ms.toFixed(1))
