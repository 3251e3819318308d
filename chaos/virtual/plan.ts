import type { MeasureKind } from '../history/sanction.js'

/** What happens in a run in virtual time, and when. Plain data: what fails can be shrunk, printed and run again. */
export interface Plan {
  /** Draws within the run: jitter, latencies, failures of the engine. */
  readonly seed: number
  readonly clients: number
  /** Servers over one engine. */
  readonly servers: number
  readonly rooms: number
  /** Messages that a room keeps. */
  readonly retained: number
  /** How long a token lives. */
  readonly tokenMs: number
  readonly latencyMs: number
  readonly engine: EngineTrouble
  readonly acts: readonly Act[]
}

/** What is wrong with the engine while the storm lasts; see `unreliable`. `Infinity` is never. */
export interface EngineTrouble {
  readonly delayMs: number
  readonly failEvery: number
  readonly loseAnswers: number
}

/** Client `who` counts from 0, and so do rooms and servers; all are taken modulo how many there are. */
export type Act = { readonly at: number } & (
  | { readonly _tag: 'say'; readonly who: number; readonly room: number; readonly count: number; readonly size: number; readonly owned: boolean }
  /** Changes states and shared values, stands and withdraws, enters and leaves, so many times. */
  | { readonly _tag: 'meet'; readonly who: number; readonly count: number }
  /** Calls servers and other members, and begins or ends to answer, so many times. */
  | { readonly _tag: 'trade'; readonly who: number; readonly count: number }
  /** An order against a client, by a server, or by the client that may moderate. */
  | { readonly _tag: 'kick'; readonly who: number; readonly by: Giver; readonly ms: number }
  | { readonly _tag: 'measure'; readonly who: number; readonly by: Giver; readonly kind: MeasureKind; readonly ms: number }
  /** A server closes a room that clients create. */
  | { readonly _tag: 'close'; readonly number: number; readonly node: number }
  /** Sends to the room in which there are measures. */
  | { readonly _tag: 'plead'; readonly who: number; readonly count: number }
  /** Sends events to a client, or to all. */
  | { readonly _tag: 'tell'; readonly who: number; readonly to: number | 'all'; readonly count: number }
  | { readonly _tag: 'cut'; readonly who: number }
  | { readonly _tag: Lasting; readonly who: number; readonly ms: number; readonly way: Way }
  | { readonly _tag: 'partition'; readonly ms: number }
  /** Kills a server and starts it again, on the same engine; or all servers, on a new one. */
  | { readonly _tag: 'restart'; readonly engine: 'same' | 'new'; readonly node: number }
  /** Kills a server, and starts it again later. */
  | { readonly _tag: 'down'; readonly node: number; readonly ms: number }
  /** A server asks its clients to move, serves them for so long at most, and is started again. */
  | { readonly _tag: 'hand-over'; readonly node: number; readonly ms: number }
  /** Cuts the links of a client, and sends the next ones to another server. */
  | { readonly _tag: 'move'; readonly who: number }
  | { readonly _tag: 'forget'; readonly room: number }
  | { readonly _tag: 'kill'; readonly who: number }
  | { readonly _tag: 'jump'; readonly who: number; readonly ms: number }
) // prettier-ignore

/** Who gives an order: the server of that number, or the client that may moderate. */
export type Giver = number | 'client'

/** Done to one client's links for a while. */
export type Lasting = 'freeze' | 'blackhole' | 'hang' | 'refuse' | 'slow' | 'throttle'
export type Way = 'up' | 'down' | 'both'

/** The storm lasts so long; then everything heals. */
export const stormMs = 8_000
/** How long members stay whose connection or whose server is lost. */
export const presence = { quietMs: 300, graceMs: 1_500, leaseMs: 3_000 } as const
/** After it everybody has so long to come back. */
export const settleMs = 10_000
