import type { Case } from './case.js'
import { transportCase } from './transport/bench.js'
import { dataCases } from './transport/data.js'
import { endingCases } from './transport/ending.js'
import { openingCases } from './transport/opening.js'
import type { StartTransport } from './transport/rig.js'

/** What every transport does, as the rules `TR…` of docs/behaviour.md say. `start` is called once for each case. */
export const transportSuite = (start: StartTransport): readonly Case[] => {
  const of = transportCase(start)
  return [...openingCases(of), ...dataCases(of), ...endingCases(of)]
}
