import type { Position } from '../core/position.js'
import type { From, Joined } from '../protocol/frame.js'
import type { Base } from './engine.js'
import type { Member } from './room.js'

/** Builds the answer to a join. */
export const joined = (
  { ch, room }: Member,
  base: Base,
  { info, permissions }: Pick<Joined, 'info' | 'permissions'>,
): Joined => {
  const { epoch, first, head, base: after, recovered, because } = base
  const answer = {
    t: 'joined',
    ch,
    number: room.number,
    epoch,
    first,
    head,
    base: after,
    recovered,
    info,
    permissions,
  } as const
  return because === undefined ? answer : { ...answer, because }
}

/** Returns the position after which a join wants messages. */
export const startOf = (from: From | undefined, { epoch, head }: Base): Position =>
  from === undefined
    ? { epoch, offset: head }
    : 'last' in from
      ? { epoch, offset: Math.max(0, head - from.last) }
      : from

/** Marks a join of the last messages as recovered: it gets the existing messages, so none is missing. */
export const asAsked = ({ because, ...base }: Base, from: From | undefined): Base =>
  from === undefined || 'last' in from || because === undefined ? { ...base, recovered: true } : { ...base, because }
