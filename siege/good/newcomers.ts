import * as E from '#fp/Either'
import { filter, map, merge, take } from 'rxjs'
import { createClient, tokens } from '../../lib/index.js'

export interface Newcomers {
  readonly came: () => number
  readonly turnedAway: () => number
  readonly stop: () => void
}

const everyMs = 500
/** A client is given up after this. A refusal, or a link that is lost before the welcome, turns it away at once. */
const patienceMs = 10_000

/** Clients that connect one after the other, each as another user, and go. */
export const newcomers = (url: string): Newcomers => {
  let came = 0
  let turnedAway = 0
  let isOver = false
  const timer = setInterval(() => {
    const number = ++came
    const client = createClient({ url, token: tokens(() => `newcomer-${number}`) })
    const waits = merge(
      client.connect({ withinMs: patienceMs }).pipe(map(E.isRight)),
      client.state$.pipe(
        filter(({ _tag }) => _tag === 'Waiting' || _tag === 'Stopped'),
        map(() => false),
      ),
    )
    waits.pipe(take(1)).subscribe((isWelcome) => {
      if (!isWelcome && !isOver) turnedAway++
      client.close({ drainMs: 0 }).subscribe()
    })
  }, everyMs)
  return {
    came: () => came,
    turnedAway: () => turnedAway,
    stop: () => {
      isOver = true
      clearInterval(timer)
    },
  }
}
