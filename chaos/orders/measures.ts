import * as E from '#fp/Either'
import type { ResultStream } from '../../lib/core/result.js'
import type { MeasureKind } from '../history/sanction.js'
import type { Write } from '../history/write.js'

/** An order against a user in a room. */
export interface Measure {
  readonly kind: MeasureKind
  readonly room: string
  readonly user: string
  /** How long it holds, in ms. A kick for 0 ms ends the membership, and the user may join again at once. */
  readonly forMs: number
}

type Answer = ResultStream<unknown>
type For = (user: string, options: { readonly forMs: number }) => Answer

/** Who may give orders: a server, or a client. */
export interface Authority {
  readonly get: (
    room: string,
  ) => Readonly<Record<'kick' | 'ban' | 'mute', For>> & Readonly<Record<'unban' | 'unmute', (user: string) => Answer>>
  /** Ends the membership of a user, without a term. */
  readonly expel?: (room: string, user: string) => Answer
}

/** Gives the orders of a server, or of a client, of that name, and writes them down with their answers: one after another for the same user. */
export const measures = (
  { get, expel }: Authority,
  name: string,
  write: Write,
  now: () => number,
): ((measure: Measure) => void) => {
  const pending = new Set<string>()
  let count = 0
  const given = ({ kind, room, user, forMs }: Measure): Answer => {
    const at = get(room)
    if (kind === 'unban' || kind === 'unmute') return at[kind](user)
    return kind === 'kick' && forMs === 0 && expel ? expel(room, user) : at[kind](user, { forMs })
  }
  return (measure) => {
    const { kind, room, user, forMs } = measure
    const key = `${kind.replace('un', '')} ${user} ${room}`
    if (pending.has(key)) return
    pending.add(key)
    const id = `${name}-o${++count}`
    write(['order', now(), id, kind, room, user, forMs])
    write.flush()
    given(measure).subscribe((result) => {
      pending.delete(key)
      write(['ordered', now(), id, E.isLeft(result) ? result.left.code : ''])
      write.flush()
    })
  }
}
