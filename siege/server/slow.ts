import { switchMap, timer } from 'rxjs'
import type { Engine } from '../../lib/server/engine.js'

/** An engine on which appends to rooms with a prefix take so long. */
export const slow = (engine: Engine, prefix: string, ms: number): Engine =>
  ms === 0
    ? engine
    : {
        ...engine,
        append: (room, entries) =>
          room.startsWith(prefix)
            ? timer(ms).pipe(switchMap(() => engine.append(room, entries)))
            : engine.append(room, entries),
      }
