import { forkJoin } from 'rxjs'
import * as E from '#fp/Either'
import { clientWith } from '../client/client.js'
import type { ClientOptions } from '../client/options.js'
import { closedClient } from '../client/closed-client.js'
import { observer } from '../store/calls.js'
import { platformWebSocket } from '../transport/websocket.js'
import { handOver, hasLeft, type Member, member, whenLoaded } from './member.js'
import { memberOptions, type PoolOptions, sizeFault } from './options.js'
import { rendezvous } from './rendezvous.js'
import { memberStore } from './store.js'
import { sharedTokens } from './token.js'

/** The members of a pool. Call in a turn of the pool. */
export interface Members {
  /** The first, which runs as long as the pool. */
  readonly first: Member
  /** All that run, by their numbers. */
  readonly all: () => readonly Member[]
  /** Reports from now on. */
  readonly report: (to: MembersReport) => void
  /** The number of members that the pool is to have. */
  readonly size: () => number
  /** The member on which a key belongs. */
  readonly home: (key: string) => Member
  /** Makes or ends members until there are so many. */
  readonly resize: (size: number) => void
  /** Ends the members that the pool is not to have any longer, once nothing is left there. */
  readonly retire: (isUsed: (of: Member) => boolean) => void
  /** True while a member is still to end. */
  readonly isRetiring: () => boolean
  /** Calls back once all members know what earlier runs stored. */
  readonly whenReady: (then: () => void) => void
  readonly isReady: () => boolean
}

export interface MembersReport {
  /** A turn of a member's client has ended. */
  readonly turned: () => void
  /** There are other members. */
  readonly changed: () => void
}

const createClient = clientWith(platformWebSocket)

/** The time for the last answers of a member that ends, in ms. */
const drainMs = 5_000

type Readiness = { readonly _tag: 'Asleep' | 'Ready' } | Loading

/** Members read what earlier runs stored; `left` of them have not finished. */
interface Loading {
  readonly _tag: 'Loading'
  readonly then: (() => void)[]
  left: number
}

export const poolMembers = (options: PoolOptions): Members => {
  const fault = sizeFault(options.size)
  const shareTokens = sharedTokens()
  const all = new Map<number, Member>()
  const ending = new Set<Member>()
  let goal = fault ? 1 : options.size
  let readiness: Readiness = { _tag: 'Asleep' }
  let told: MembersReport = { turned: () => undefined, changed: () => undefined }

  const make = (index: number): Member => {
    const given = fault ? E.left(fault) : memberOptions(options, index)
    const made = member(
      index,
      E.isRight(given) ? completed(given.right, index) : { url: '' },
      E.isRight(given) ? (options.create ?? createClient) : () => closedClient(given.left),
      () => {
        told.turned()
      },
    )
    all.set(index, made)
    if (readiness._tag === 'Loading') load(made, readiness)
    return made
  }
  const completed = (given: ClientOptions, index: number): ClientOptions => ({
    ...given,
    ...(given.token && { token: shareTokens(given.token) }),
    ...(given.store && { store: memberStore(given.store, index, found) }),
  })
  /** An earlier run had more members: they come back, and end once their rooms have moved. */
  const found = (highest: number): void => {
    for (let index = 0; index <= highest; index++) if (!all.has(index)) make(index)
    told.changed()
  }
  const loaded = (loading: Loading): void => {
    loading.left--
    if (loading.left > 0) return
    readiness = { _tag: 'Ready' }
    for (const then of loading.then) then()
    told.changed()
  }
  const load = (of: Member, loading: Loading): void => {
    loading.left++
    whenLoaded(of, () => {
      loaded(loading)
    })
  }
  /** The members below the goal; one that ends comes back when it has ended. */
  const size = (): number => Math.min(goal, ...[...ending].map(({ index }) => index))
  const grow = (): void => {
    for (let index = 0; index < size(); index++) if (!all.has(index)) make(index)
    told.changed()
  }
  const end = (of: Member): void => {
    ending.add(of)
    const positions = of.parts.stored?.positions
    const moves = [...(positions?.rooms() ?? [])].map((room) => handOver(room, of, home(room)))
    const close = (): void => {
      of.client.close({ drainMs }).subscribe(
        observer(() => {
          ending.delete(of)
          all.delete(of.index)
          grow()
        }),
      )
    }
    if (moves.length === 0) close()
    else forkJoin(moves).subscribe(observer(close))
  }
  const home = (key: string): Member => {
    const index = rendezvous(key, size())
    return all.get(index) ?? make(index)
  }
  const first = make(0)
  for (let index = 1; index < goal; index++) make(index)

  return {
    first,
    report: (to) => {
      told = to
    },
    all: () => [...all.values()].sort((a, b) => a.index - b.index),
    size: () => goal,
    home,
    resize: (to) => {
      goal = to
      grow()
    },
    retire: (isUsed) => {
      // Before that nobody knows what is left there.
      if (readiness._tag === 'Loading') return
      for (const each of [...all.values()])
        if (each.index >= goal && !ending.has(each) && !isUsed(each) && !hasLeft(each)) end(each)
    },
    isRetiring: () => [...all.keys()].some((index) => index >= goal) || ending.size > 0,
    isReady: () => readiness._tag === 'Ready',
    whenReady: (then) => {
      if (readiness._tag === 'Ready') then()
      else if (readiness._tag === 'Loading') readiness.then.push(then)
      else {
        const loading: Loading = { _tag: 'Loading', then: [then], left: 1 }
        readiness = loading
        for (const each of all.values()) load(each, loading)
        loaded(loading)
      }
    },
  }
}
