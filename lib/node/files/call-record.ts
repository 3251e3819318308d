import type { CallChange, CallFact } from '../../server/calls/fact.js'

/**
 * A change of a command in JSON. The letter is its state: `r` running, whose lease ends with the process, `l` lost, `c`
 * cancelled, `d` done; a done one may have an outcome.
 */
export type CallRecord = readonly [user: string, id: string, at: number, state: 'r' | 'l' | 'c' | 'd', outcome?: string]

export const recordOfCall = ({ user, id, at, fact }: CallChange): CallRecord => {
  switch (fact._tag) {
    case 'Running':
      return [user, id, at, 'r']
    case 'Lost':
      return [user, id, at, 'l']
    case 'Cancelled':
      return [user, id, at, 'c']
    case 'Done':
      return fact.outcome === undefined ? [user, id, at, 'd'] : [user, id, at, 'd', fact.outcome]
  }
}

export const callOf = ([user, id, at, state, outcome]: CallRecord): CallChange => ({
  user,
  id,
  at,
  fact: state === 'd' ? { _tag: 'Done', outcome } : facts[state],
})

const facts: Readonly<Record<'r' | 'l' | 'c', CallFact>> = {
  r: { _tag: 'Running', lease: '' },
  l: { _tag: 'Lost' },
  c: { _tag: 'Cancelled' },
}
