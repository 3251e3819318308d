import type { Case } from './case.js'
import { engineCase } from './engine/bench.js'
import { callStoryCases, reopenedCallStoryCases } from './engine/call-stories.js'
import { boundedCallCases, callCases, reopenedCallCases } from './engine/calls.js'
import { dropCases, feedCases } from './engine/feeds.js'
import { laneCases } from './engine/lanes.js'
import { lifeCases, reopenedLifeCases } from './engine/life.js'
import { logCases } from './engine/log.js'
import type { EngineAbilities, StartEngine } from './engine/rig.js'
import { isolationCases } from './engine/isolation.js'
import { reopeningCases, sessionCases } from './engine/sessions.js'
import { reopenedTableCases, tableCases } from './engine/tables.js'
import { reopenedTermCases, termCases } from './engine/terms.js'
import { droppedCases, rebornCases, unbornCases } from './engine/unborn.js'

/**
 * Conformance tests for an engine: the rules `EN…` of docs/behaviour.md. The suite calls `start` once for each case;
 * `start` must return an empty engine. Each named ability adds the cases that test it.
 */
export const engineSuite = (
  start: StartEngine,
  { outlives, drops, bounded, tables, calls }: EngineAbilities = {},
): readonly Case[] => {
  const of = engineCase(start)
  return [
    ...logCases(of),
    ...laneCases(of),
    ...feedCases(of),
    ...sessionCases(of),
    ...unbornCases(of),
    ...(drops ? [...dropCases(of), ...droppedCases(of)] : []),
    ...(outlives ? [...reopeningCases(of), ...rebornCases(of)] : []),
    ...(bounded ? isolationCases(of) : []),
    ...(tables ? [...tableCases(of), ...termCases(of), ...lifeCases(of)] : []),
    ...(tables && outlives ? [...reopenedTableCases(of), ...reopenedTermCases(of), ...reopenedLifeCases(of)] : []),
    ...(calls ? [...callCases(of), ...callStoryCases(of)] : []),
    ...(calls && bounded ? boundedCallCases(of) : []),
    ...(calls && outlives ? [...reopenedCallCases(of), ...reopenedCallStoryCases(of)] : []),
  ]
}
