import type { Position } from '../core/position.js'
import type { From, Joined, Permission } from '../protocol/frame.js'
import type { Base } from './engine.js'

/** The answer to a join. */
export const joined = (ch: number, base: Base, permissions: readonly Permission[]): Joined => {
  const { epoch, first, head, base: after, recovered, because } = base
  const answer = { t: 'joined', ch, epoch, first, head, base: after, recovered, info: {}, permissions } as const
  return because === undefined ? answer : { ...answer, because }
}

/** The position after which a join wants messages. */
export const startOf = (from: From | undefined, { epoch, head }: Base): Position =>
  from === undefined
    ? { epoch, offset: head }
    : 'last' in from
      ? { epoch, offset: Math.max(0, head - from.last) }
      : from

/** Who asks for the last so many is given what there is: nothing is missing. */
export const asAsked = ({ because, ...base }: Base, from: From | undefined): Base =>
  from === undefined || 'last' in from || because === undefined ? { ...base, recovered: true } : { ...base, because }
