import * as E from '#fp/Either'
import { mostViews } from '../../protocol/listed-room.js'
import type { View } from '../../protocol/frame.js'
import type { Cancel } from '../context.js'
import type { MayList } from '../options.js'
import type { Member } from '../room.js'
import type { SessionRecord } from '../session-record.js'
import type { Viewing } from '../tables/viewer.js'
import type { Directory } from './directory.js'

/** The views of the directory of one session. */
export interface SessionDirectory {
  /** Begins a view, once the application has said what the session sees; `undefined` beyond the most views. */
  readonly view: (member: Member, frame: View) => Viewing | undefined
  /** Asks the application again, because the roles changed. */
  readonly renewed: () => void
}

/** Shows no room: one for all views, which share what it selects. */
const nothing: MayList = () => false

/** `fellBehind` is called where the connection has no room for a view. */
export const sessionDirectory = (
  session: SessionRecord,
  directory: Directory,
  fellBehind: (viewing: Viewing) => void,
): SessionDirectory => {
  const { user, session: id, meter, shared } = session
  const { context } = shared
  const { list } = context.settings
  const renewals = new Set<() => void>()

  const fault = (message: string): void => {
    context.fault({ where: 'hook', message: `list: ${message}`, user })
  }
  const chosen = (answer: E.Either<string, boolean | MayList>): MayList | undefined => {
    const given = E.isRight(answer) ? answer.right : undefined
    if (given === true) return undefined
    if (typeof given === 'function') return given
    if (given !== false) fault(E.isLeft(answer) ? answer.left : 'it answered neither true, false nor a function')
    return nothing
  }
  return {
    view: (member, frame) => {
      if (renewals.size >= mostViews) return undefined
      let inner: Viewing | undefined
      let asking: Cancel | undefined
      const show = (of: View, mayList: MayList | undefined): void => {
        inner?.stop()
        inner = directory.view(member, of, mayList, () => {
          fellBehind(viewing)
        })
      }
      const ask = (of: View): void => {
        asking?.()
        if (!list) show(of, undefined)
        else
          asking = context.ask(
            () => list({ user, roles: session.roles(), session: id }),
            (answer) => {
              show(of, chosen(answer))
            },
            meter,
          )
      }
      const renew = (): void => {
        const { from: _from, ...all } = frame
        ask(all)
      }
      const viewing: Viewing = {
        advance: () => inner?.advance() ?? 0,
        stop: () => {
          renewals.delete(renew)
          asking?.()
          inner?.stop()
        },
      }
      renewals.add(renew)
      ask(frame)
      return viewing
    },
    renewed: () => {
      if (list) for (const each of [...renewals]) each()
    },
  }
}
