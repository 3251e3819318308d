import type { Reply } from '../../protocol/frame.js'
import { refuseChannel } from '../refuse-frame.js'
import type { SessionRecord } from '../session-record.js'
import type { MembershipEnd } from '../tables/member-row.js'
import type { Outcome } from './outcome.js'

/** A running call, as its link sees it. */
export interface Held {
  /** The link has ended. */
  readonly lose: (how: MembershipEnd) => void
}

/** The link that waits for the answer of a call. */
export interface CallPlace {
  readonly session: SessionRecord
  readonly ch: number
  /** The call runs. */
  readonly hold: (running: Held) => void
  /** The call is over, or goes on with another link. */
  readonly left: () => void
}

/** Answers a call. A link that a newer one has replaced gets nothing. */
export const answer = ({ session, ch }: CallPlace, outcome: Outcome): void => {
  if (session.connection.isFenced) return
  if (outcome.t === 'left') {
    const { t: _, ...because } = outcome
    refuseChannel(session, ch, because)
  } else {
    const frame: Reply = { ...outcome, ch }
    session.writer.control(frame)
  }
}
