import * as E from '#fp/Either'
import type { Subscriber } from 'rxjs'
import type { Parts } from '../../client/parts.js'
import type { Result } from '../../core/result.js'
import type { Extension } from '../../kernel/extension.js'
import { ANSWERS } from '../../protocol/frame.js'
import { ownRows } from '../../tables/own-rows.js'

/** One handler of a call. */
interface Registration {
  readonly call: string
  readonly to: Subscriber<Result<void>>
}

/** The calls that this client answers, by room: a row of its own for each. Call in a turn. */
export interface AnsweringExtension extends Extension {
  /** Says that this client answers a call, until the returned function is called. */
  readonly add: (room: string, call: string, to: Registration['to']) => () => void
}

export const answering = (parts: Parts): AnsweringExtension => {
  const all = new Map<string, Set<Registration>>()
  const { turns } = parts.kernel
  const tell = ({ to }: Registration, result: Result<void>): void => {
    turns.publish(() => {
      to.next(result)
    })
  }
  const { at, known, ...extension } = ownRows(parts, ANSWERS, (room, because) => {
    for (const each of all.get(room) ?? []) tell(each, E.left(because))
  })
  /** Returns the names of the answered calls as JSON text. */
  const names = (of: ReadonlySet<Registration>): string | undefined =>
    of.size === 0 ? undefined : JSON.stringify([...new Set([...of].map(({ call }) => call))])

  return {
    ...extension,
    close: (because) => {
      extension.close?.(because)
      turns.publish(() => {
        for (const of of [...all.values()]) for (const { to } of [...of]) to.complete()
      })
    },
    add: (room, call, to) => {
      const of = all.get(room) ?? new Set()
      const registration: Registration = { call, to }
      all.set(room, of.add(registration))
      const forget = at(room).set(names(of), (result) => {
        if (E.isRight(result)) tell(registration, result)
      })
      return () => {
        forget()
        of.delete(registration)
        if (of.size === 0) all.delete(room)
        known(room)?.set(names(of), () => undefined)
      }
    },
  }
}
