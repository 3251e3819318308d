import type { Broken, ClientRecord } from '../history/record.js'
import { hearMs } from './delays.js'
import { feels } from './felt.js'
import type { Violations } from './violations.js'

/** The clients that servers ask to move. */
export interface Moves {
  readonly take: (life: string, record: ClientRecord) => void
}

/** Only a client that feels a fault is without a connection because its server said goodbye: the others have moved. */
export const moves = (broken: readonly Broken[], { add }: Violations): Moves => {
  const passing = broken.filter(([, , until]) => until < Infinity)
  return {
    take: (life, record) => {
      if (record[0] !== 'state') return
      const [, at, tag, code] = record
      if (code !== 'server/bye') return
      const isExcused = passing.some((fault) => feels(fault, life) && fault[1] <= at && at <= fault[2] + hearMs)
      if (!isExcused) add('move/pause', `${life} was ${tag} at ${at}: its server said goodbye, and it had not moved`)
    },
  }
}
