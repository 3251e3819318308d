import type { SchedulerLike } from 'rxjs'

/** Whose column. */
export type Side = 'client' | 'server'

/** What was said and seen on both sides, in order. */
export interface Transcript {
  /** Notes what happens now. A text that takes work is made when it is read. */
  readonly note: (side: Side, who: string, what: string | (() => readonly string[])) => void
  /**
   * Two columns with ms in the margin: what happened around a moment, its first line marked with `>`. Without a moment the
   * last that happened. Empty where nothing did.
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

/** Events that are kept; older ones are forgotten. */
const keptEvents = 10_000

/** Lines that are shown before the moment that is looked at, and after it. */
const linesBefore = 14
const linesAfter = 6

/** The widest that a column gets; longer lines are cut. */
const columnWidth = 58

/** The transcript of one run. Costs a record per event, and no more than the last 10 000 of them. */
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
      // A moment is written once.
      lines[index - 1]?.at === at ? '' : clock(at),
      side === 'client' ? cut(text) : '',
      side === 'server' ? cut(text) : '',
    ),
  )
  return [row(' ', 'ms', 'client', 'server'), ...(isCut ? [row(' ', '…', '', '')] : []), ...rows].join('\n')
}

const cut = (text: string): string => (text.length > columnWidth ? `${text.slice(0, columnWidth - 1)}…` : text)

/** A moment in ms; of real time, to a tenth of one. */
export const clock = (ms: number): string => (Number.isInteger(ms) ? String(ms) : ms.toFixed(1))
