import type { Broken, Calm } from '../history/record.js'
import type { Terms } from './evidence.js'
import { feels } from './felt.js'
import type { Logs, Place } from './logs.js'
import type { StreamState } from './streams.js'
import type { Violations } from './violations.js'

/** How long it took, for one fault and one client, in ms. */
export interface Recovered {
  readonly kind: string
  /** From the fault until the client said that it was offline; absent where it never did. */
  readonly noticedMs?: number
  /** From the end of the fault until the client was online and had what was in its rooms by then. */
  readonly recoveredMs: number
}

/** Something after which a client is to come back. */
interface Milestone {
  readonly from: number
  readonly at: number
  readonly kind: string | undefined
  /** By then, where it is a calm. */
  readonly due: number
  noticedAt: number | undefined
}

/** One stream of a client: which milestone comes next, and where it was. */
interface Followed {
  readonly stream: StreamState
  readonly reached: Map<Milestone, number>
  next: number
  place: Place
}

/** One client, as it goes. */
interface Watch {
  readonly life: string
  readonly milestones: readonly Milestone[]
  readonly streams: Map<number, Followed>
  readonly online: Map<Milestone, number>
  tag: string
  nextOnline: number
  bornAt: number
  lastAt: number
}

/** Who came back when. Lives are told one after the other, each in order of time. */
export interface Recovery {
  readonly begin: (life: string) => Watch
  readonly state: (watch: Watch, at: number, tag: string) => void
  readonly moved: (watch: Watch, stream: StreamState, at: number) => void
  /** `isOver`: the life ended in order. */
  readonly end: (watch: Watch, isOver: boolean) => void
  readonly list: () => readonly Recovered[]
}

export const recovery = (
  logs: Logs,
  broken: readonly Broken[],
  calms: readonly Calm[],
  { settleMs, noticeMs }: Terms,
  { add }: Violations,
): Recovery => {
  const recovered: Recovered[] = []

  const of = (life: string): readonly Milestone[] => {
    const felt = broken
      .filter((fault) => feels(fault, life))
      .map(([, from, until, kind]) => ({ from, at: until, kind, due: Infinity, noticedAt: undefined }))
    const calm = calms.map(([, from, until]) => ({
      from,
      at: from,
      due: Math.min(until, from + settleMs),
      kind: undefined,
      noticedAt: undefined,
    }))
    return [...felt, ...calm].sort((a, b) => a.at - b.at)
  }
  const target = (stream: StreamState, { at }: Milestone): Place => logs.headAt(stream.room, at)

  return {
    begin: (life) => ({
      life,
      milestones: of(life),
      streams: new Map(),
      online: new Map(),
      tag: '',
      nextOnline: 0,
      bornAt: Infinity,
      lastAt: 0,
    }),
    state: (watch, at, tag) => {
      const { milestones, online } = watch
      watch.bornAt = Math.min(watch.bornAt, at)
      watch.lastAt = at
      if (watch.tag === 'Online') {
        for (let next = milestones[watch.nextOnline]; next && next.at <= at; next = milestones[++watch.nextOnline])
          online.set(next, next.at)
      }
      if (tag === 'Online') {
        for (let next = milestones[watch.nextOnline]; next && next.at <= at; next = milestones[++watch.nextOnline])
          online.set(next, at)
      } else if (watch.tag === 'Online') {
        for (const milestone of milestones) {
          if (
            milestone.kind !== undefined &&
            milestone.from <= at &&
            at <= Math.max(milestone.at, milestone.from + noticeMs)
          )
            milestone.noticedAt ??= at
        }
      }
      watch.tag = tag
    },
    moved: (watch, stream, at) => {
      watch.bornAt = Math.min(watch.bornAt, at)
      watch.lastAt = at
      let entry = watch.streams.get(stream.number)
      if (!entry) {
        const next = watch.milestones.findIndex((milestone) => milestone.at >= stream.openedAt)
        entry = { stream, next: next < 0 ? Infinity : next, place: stream.place, reached: new Map() }
        watch.streams.set(stream.number, entry)
      }
      for (let next = watch.milestones[entry.next]; next && next.at <= at; next = watch.milestones[++entry.next]) {
        const head = target(stream, next)
        if (stream.place < head) break
        entry.reached.set(next, entry.place >= head ? next.at : at)
      }
      entry.place = stream.place
    },
    end: (watch, isOver) => {
      const { life, milestones, streams, online, tag, bornAt, lastAt } = watch
      const end = isOver ? Infinity : lastAt
      if (tag === 'Online') for (const next of milestones.slice(watch.nextOnline)) online.set(next, next.at)
      for (const milestone of milestones) {
        const { from, at, kind, due, noticedAt } = milestone
        if (at < bornAt) continue
        const waits = [...streams.values()]
          .filter(({ stream }) => stream.openedAt <= at)
          .map(
            ({ stream, reached }) =>
              reached.get(milestone) ?? (stream.place >= target(stream, milestone) ? at : Infinity),
          )
        const recoveredMs = Math.max(online.get(milestone) ?? Infinity, ...waits) - at
        if (kind !== undefined) {
          if (recoveredMs < Infinity)
            recovered.push({
              kind,
              recoveredMs: Math.max(0, recoveredMs),
              ...(noticedAt === undefined ? {} : { noticedMs: noticedAt - from }),
            })
        } else if (due <= end && at + recoveredMs > due)
          add(
            'settle/behind',
            `${life} was not online and at the head by ${due} after the storm that ended at ${at}: ${recoveredMs} ms`,
          )
      }
    },
    list: () => recovered,
  }
}
