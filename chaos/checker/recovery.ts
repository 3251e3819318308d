import type { Broken, Calm } from '../history/record.js'
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
  settleMs: number,
  { add }: Violations,
): Recovery => {
  const recovered: Recovered[] = []

  const of = (life: string): readonly Milestone[] => {
    const [client = life] = life.split('.')
    const felt = broken
      .filter(([, , , , whom]) => whom.includes(client))
      .map(([, from, until, kind]) => ({ from, at: until, kind, noticedAt: undefined }))
    const calm = calms
      .filter(([, from, until]) => until - from >= settleMs)
      .map(([, from]) => ({ from, at: from, kind: undefined, noticedAt: undefined }))
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
      lastAt: 0,
    }),
    state: (watch, at, tag) => {
      const { milestones, online } = watch
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
          if (milestone.kind !== undefined && milestone.from <= at && at <= milestone.at + settleMs)
            milestone.noticedAt ??= at
        }
      }
      watch.tag = tag
    },
    moved: (watch, stream, at) => {
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
      const { life, milestones, streams, online, tag, lastAt } = watch
      const end = isOver ? Infinity : lastAt
      if (tag === 'Online') for (const next of milestones.slice(watch.nextOnline)) online.set(next, next.at)
      for (const milestone of milestones) {
        const { from, at, kind, noticedAt } = milestone
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
        } else if (at + settleMs <= end && recoveredMs > settleMs)
          add(
            'settle/behind',
            `${life} was not online and at the head within ${settleMs} ms after the storm that ended at ${at}: ${recoveredMs}`,
          )
      }
    },
    list: () => recovered,
  }
}
