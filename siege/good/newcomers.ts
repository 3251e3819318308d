import * as E from '#fp/Either'
import { createClient } from '../../lib/index.js'

export interface Newcomers {
  readonly came: () => number
  readonly turnedAway: () => number
  readonly stop: () => void
}

const everyMs = 500
/** A person waits for a page as long as that. */
const patienceMs = 3_000

/** Clients that connect one after the other, each as another user, and go. */
export const newcomers = (url: string): Newcomers => {
  let came = 0
  let turnedAway = 0
  let isOver = false
  const timer = setInterval(() => {
    const number = ++came
    const client = createClient({ url, token: () => `newcomer-${number}` })
    client.connect({ withinMs: patienceMs }).subscribe((result) => {
      if (E.isLeft(result) && !isOver) turnedAway++
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
