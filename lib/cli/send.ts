import { defer, type Observable, of, switchMap } from 'rxjs'
import * as E from '#fp/Either'
import { deliver, type DeliverOptions, type Target } from './delivery.js'
import { exit, type Exit } from './exit.js'
import type { Io } from './io.js'
import { inputWords } from './lines.js'
import { piped, single } from './source.js'
import { clientToken } from './token.js'

export interface SendOptions extends DeliverOptions {
  readonly text?: boolean | undefined
  readonly tokenFile?: string | undefined
}

/** Sends one message, or one per line of stdin, and waits for every receipt. Does not join the room. */
export const send = (target: Target, data: string | undefined, options: SendOptions, io: Io): Observable<Exit> =>
  defer(() => {
    const token = clientToken(options.tokenFile, io.environment)
    if (E.isLeft(token)) return of(exit('usage', token.left))
    const { text = false, quiet = false } = options
    if (data !== undefined && data !== '-') {
      const source = single(data, text)
      return E.isLeft(source) ? of(exit('usage', source.left)) : deliver(target, source.right, token.right, options, io)
    }
    if (io.isInteractive && io.notes.isLive && !quiet)
      io.notes.say(`type a message per line, as ${text ? 'text' : 'JSON'}; Ctrl-D ends`)
    return piped(io.stdin, text).pipe(
      switchMap((source) =>
        E.isLeft(source)
          ? of(exit('usage', `${inputWords(source.left)}; nothing was sent`))
          : deliver(target, source.right, token.right, options, io),
      ),
    )
  })
