/** Dense: half-open links are found within a second. */
export const heartbeat = { intervalMs: 500, graceMs: 500 } as const
/** Within this a link that fell silent is given up. */
export const detectMs = heartbeat.intervalMs + heartbeat.graceMs

/** Rooms without messages, in which clients watch each other; users are removed from them now and then. */
export const halls = ['p0', 'p1']
/** Rooms in which clients are banned and muted. */
export const courts = ['b0', 'b1']
/** Clients that may order that, beside the servers. */
export const moderation = { moderators: ['c0', 'c4', 'c8'], rooms: [...halls, ...courts] } as const

export const limits = { publishesPerSecond: 300 } as const

/** How long members stay whose connection or whose server is lost: short, so that many of them leave within a storm. */
export const presence = { quietMs: 1_000, graceMs: 4_000, leaseMs: 9_000 } as const
/** Within this, after the last loss, everybody sees the members that are there: a lease ends, or a member leaves. */
export const presentMs = (presence.leaseMs * 4) / 3 + presence.quietMs + presence.graceMs + 2_000

/** Messages that a room keeps. */
export const retained = 1_500

/**
 * What a server keeps: outcomes for as long as a storm and the calm after it may take, none of which goes before its time,
 * and so little of all that its journal is cut within two minutes.
 */
export const kept = { messages: retained, dedupeMs: 90_000, outcomes: 10 ** 6 } as const

/** How a server keeps its rooms on the disk. */
export interface Keeping {
  /** Where it is small there are many files to be cut, lost and read. */
  readonly segmentBytes: number
  /** What was not synced is lost when it is killed, as if the machine had ended. */
  readonly losesUnsynced: boolean
}

/** Of the lives of servers, in turn. */
export const keepings: readonly [Keeping, ...(readonly Keeping[])] = [
  { segmentBytes: 2 ** 14, losesUnsynced: false },
  { segmentBytes: 2 ** 14, losesUnsynced: true },
  { segmentBytes: 2 ** 22, losesUnsynced: false },
  { segmentBytes: 2 ** 18, losesUnsynced: true },
]

/** Lives count from 0. */
export const keepingOf = (life: number): Keeping => keepings[life % keepings.length] ?? keepings[0]

/** In the payload of what the server's surroundings take for poison. */
export const poisonMark = '"poison":true'

/** How clients of a campaign are set up. */
export const quick = {
  backoff: { floorMs: 50, firstMs: 100, factor: 2, capMs: 1_000 },
  deadlines: { connectMs: 2_000, handshakeMs: 2_000, joinMs: 3_000 },
  settleMs: 500,
  outbox: { ackMs: 2_000 },
} as const
export const renewal = { withinMs: 2_000, leewayMs: 500, spread: 0.1 } as const
