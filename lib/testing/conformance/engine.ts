import type { Case } from './case.js'
import { engineCase } from './engine/bench.js'
import { dropCases, feedCases } from './engine/feeds.js'
import { laneCases } from './engine/lanes.js'
import { logCases } from './engine/log.js'
import type { EngineAbilities, StartEngine } from './engine/rig.js'
import { isolationCases } from './engine/isolation.js'
import { reopeningCases, sessionCases } from './engine/sessions.js'
import { droppedCases, rebornCases, unbornCases } from './engine/unborn.js'

/**
 * What every engine does, as the rules `EN…` of docs/behaviour.md say. `start` is called once for each case, and gives an
 * empty engine; what it can do besides is shown too if it is named.
 */
export const engineSuite = (
  start: StartEngine,
  { outlives, drops, bounded }: EngineAbilities = {},
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
  ]
}
