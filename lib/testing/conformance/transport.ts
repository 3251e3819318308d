import type { Case } from './case.js'
import { transportCase } from './transport/bench.js'
import { dataCases } from './transport/data.js'
import { endingCases } from './transport/ending.js'
import { openingCases } from './transport/opening.js'
import type { StartTransport } from './transport/rig.js'

/** Conformance tests for a transport: the rules `TR…` of docs/behaviour.md. The suite calls `start` once for each case. */
export const transportSuite = (start: StartTransport): readonly Case[] => {
  const of = transportCase(start)
  return [...openingCases(of), ...dataCases(of), ...endingCases(of)]
}
