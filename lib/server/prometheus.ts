import type { Causes } from '../core/causes.js'
import type { ServerMetrics } from './metrics.js'

/** A family of samples: one number, or one for each value of a label. */
interface Family {
  readonly name: string
  readonly type: 'gauge' | 'counter'
  readonly help: string
  /** The name of the label of a count by cause. */
  readonly label?: 'cause' | 'code' | 'where'
}

/** Totals that a count by cause contains: its samples add up to them. */
type Contained = 'refusals' | 'signalsDropped' | 'gaps' | 'silent' | 'stalled' | 'superseded'

export const families: Readonly<Record<Exclude<keyof ServerMetrics, Contained>, Family>> = {
  links: { name: 'links', type: 'gauge', help: 'Open sockets.' },
  sessions: { name: 'sessions', type: 'gauge', help: 'Welcomed sessions that have not ended.' },
  rooms: { name: 'rooms', type: 'gauge', help: 'Rooms that members of this server follow.' },
  members: { name: 'members', type: 'gauge', help: 'Memberships of all sessions.' },
  running: { name: 'calls_running', type: 'gauge', help: 'Calls under way.' },
  framesIn: { name: 'frames_in_total', type: 'counter', help: 'Frames received.' },
  messagesOut: { name: 'messages_out_total', type: 'counter', help: 'Messages sent to members.' },
  signalsOut: { name: 'signals_out_total', type: 'counter', help: 'Signals sent to members.' },
  signalCauses: { name: 'signals_dropped_total', type: 'counter', help: 'Signals dropped.', label: 'cause' },
  calls: { name: 'calls_total', type: 'counter', help: 'Calls that have begun.' },
  accepted: { name: 'publishes_accepted_total', type: 'counter', help: 'Publishes appended to a log.' },
  repeated: { name: 'publishes_repeated_total', type: 'counter', help: 'Publishes that were sent again.' },
  causes: { name: 'refusals_total', type: 'counter', help: 'Refused frames and connections.', label: 'code' },
  slowed: { name: 'reads_slowed_total', type: 'counter', help: 'Delayed reads of a connection above a rate.' },
  queued: { name: 'reads_queued_total', type: 'counter', help: 'Delayed reads of a user above its share of the loop.' },
  joinsDelayed: { name: 'joins_delayed_total', type: 'counter', help: 'Joins delayed by the rate of their user.' },
  pagesDelayed: {
    name: 'pages_delayed_total',
    type: 'counter',
    help: 'Pages of logs delayed by the rate of their user.',
  },
  ignored: { name: 'frames_ignored_total', type: 'counter', help: 'Unknown frames that needed no answer.' },
  gapCauses: { name: 'gaps_total', type: 'counter', help: 'Gaps reported to members.', label: 'cause' },
  catchUps: { name: 'catch_ups_total', type: 'counter', help: 'Members that fell behind and caught up from the log.' },
  endCauses: { name: 'connections_ended_total', type: 'counter', help: 'Connections that ended.', label: 'cause' },
  faultCauses: { name: 'faults_total', type: 'counter', help: 'Failures that no caller receives.', label: 'where' },
}

/**
 * Returns the metrics of a server in the text format of Prometheus, version 0.0.4, for the content type
 * `prometheusType`. Labels hold causes and codes only, at most 129 of each, and never a room or a user.
 */
export const prometheus = (metrics: ServerMetrics): string =>
  Object.entries(families)
    .map(([key, { name, type, help, label }]) => {
      const full = `rx_rooms_${name}`
      const value = metrics[key as keyof typeof families]
      const samples = typeof value === 'number' ? [`${full} ${value}`] : labelled(full, label ?? 'cause', value)
      return [`# HELP ${full} ${help}`, `# TYPE ${full} ${type}`, ...samples, ''].join('\n')
    })
    .join('')

/** The content type of `prometheus`. */
export const prometheusType = 'text/plain; version=0.0.4; charset=utf-8'

const labelled = (name: string, label: string, counts: Causes): readonly string[] =>
  Object.entries(counts).map(([cause, count]) => `${name}{${label}="${escaped(cause)}"} ${count}`)

const escaped = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
