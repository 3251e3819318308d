import { Observable } from 'rxjs'
import { answered } from '../answer.js'
import type { TableId, Tables, Write, WriteOutcome } from './model.js'
import { pageOf } from './page.js'
import { fence, presentLeader } from './leader-row.js'
import type { TableRegistry } from './registry.js'
import { decideWrite } from './table.js'

/** The tables of an engine that answers in the same turn. `renewed` is called after each change of a lease. */
export const memoryTables = (registry: TableRegistry, renewed: () => void = () => undefined): Tables => {
  const write = (id: TableId, writes: readonly Write[]): readonly WriteOutcome[] => {
    const state = registry.open(id)
    const draft = registry.draft(state)
    const outcomes = writes.map((each) =>
      decideWrite(
        state.table,
        draft,
        each,
        fence(() => presentLeader(registry, id.room)),
      ),
    )
    registry.apply(state, draft.changes)
    registry.settle(state)
    return outcomes
  }
  return {
    write: (id, writes) => answered(() => write(id, writes)),
    follow: (id, from) => new Observable((to) => registry.follow(id, from, to)),
    page: (id, range) => answered(() => pageOf(registry.find(id)?.table, range)),
    lease: (lease, forMs) =>
      answered(() => {
        const lapsed = registry.lapsed(lease, forMs)
        const wasHeld = registry.renew(lease, forMs, lapsed)
        for (const [state, drops] of lapsed.drops) write(state, drops)
        renewed()
        return wasHeld
      }),
  }
}
