import type { Put, Refusal } from '../../protocol/frame.js'
import { unescaped } from '../../protocol/payload.js'
import { isReserved, roomOfUser, USER } from '../../protocol/reserved.js'
import { isLonger } from '../../protocol/utf8.js'
import { namesOf, type SessionAnswers } from '../asks/session-answers.js'
import { refusal } from '../refusal.js'
import type { Member } from '../room.js'
import type { SessionRecord } from '../session-record.js'
import type { RowAnswer } from './member-row.js'
import type { SessionCandidacies } from './session-candidacies.js'
import type { SessionMembers } from './session-members.js'

type MemberOf = (room: string) => Member | undefined

/** The writes of a session about its memberships. */
export interface MembershipPuts {
  readonly stand: (frame: Put, memberOf: MemberOf) => void
  readonly answer: (frame: Put, memberOf: MemberOf) => void
  readonly present: (frame: Put, member: Member | undefined) => void
}

export interface MembershipPutsNeeds {
  readonly session: SessionRecord
  readonly announced: SessionMembers
  readonly candidacies: SessionCandidacies
  readonly answering: SessionAnswers
  readonly answers: {
    readonly refuse: (ch: number, because: Refusal) => void
    readonly accept: (ch: number) => void
    readonly written: (ch: number, how: RowAnswer) => void
  }
  /** Calls `then` where the session may publish in the room of the write, and refuses it otherwise. */
  readonly asPublisher: (frame: Put, then: () => void) => void
}

export const membershipPuts = ({
  session,
  announced,
  candidacies,
  answering,
  answers,
  asPublisher,
}: MembershipPutsNeeds): MembershipPuts => {
  const { codec, shared } = session
  const { stateBytes } = shared.context.settings.presence

  /** Makes a membership a candidate for the leader of its room, which needs the permission to publish, or no longer. */
  const stand = (frame: Put, memberOf: MemberOf): void => {
    const { ch, room, value } = frame
    const set = (): void => {
      const member = memberOf(room)
      if (!member || member.phase === 'joining') answers.refuse(ch, refusal('room/not-joined'))
      else {
        candidacies.set(member, value !== undefined)
        answers.accept(ch)
      }
    }
    if (value === undefined) set()
    else asPublisher(frame, set)
  }
  /** Answers calls of other members, which needs the permission to publish, or no longer. Nobody publishes in `@user`. */
  const answer = (frame: Put, memberOf: MemberOf): void => {
    const { ch, room, value } = frame
    const names = value === undefined ? [] : namesOf(unescaped(value))
    const set = (): void => {
      const member = memberOf(room === USER ? roomOfUser(session.user) : room)
      if (!member || member.phase === 'joining') answers.refuse(ch, refusal('room/not-joined'))
      else if (!names) answers.refuse(ch, refusal('room/invalid'))
      else if (names.length === 0) {
        answering.withdraw(member)
        answers.accept(ch)
      } else
        answering.set(member, names, (how) => {
          answers.written(ch, how)
        })
    }
    if (room === USER || names?.length === 0) set()
    else if (isReserved(room)) answers.refuse(ch, refusal('room/forbidden'))
    else asPublisher(frame, set)
  }
  /** Shows a membership to others with this state, or no longer. */
  const present = ({ ch, value }: Put, member: Member | undefined): void => {
    const text = value === undefined ? '' : codec.stored(value)
    if (!member || member.phase === 'joining') answers.refuse(ch, refusal('room/not-joined'))
    else if (isLonger(text, stateBytes)) answers.refuse(ch, refusal('room/value-too-large'))
    else if (value === undefined) {
      announced.withdraw(member)
      answers.accept(ch)
    } else
      announced.set(member, text, (how) => {
        answers.written(ch, how)
      })
  }
  return { stand, answer, present }
}
