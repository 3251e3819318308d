import type { CallLedger } from '../../../lib/server/calls/ledger.js'
import type { Tables } from '../../../lib/server/tables/model.js'
import { wordOf } from '../../../lib/testing/conformance/engine/ledger.js'
import { now, type Opened } from './rig.js'
import type { ShakyDisk } from './shaky-disk.js'

/** The commands of an engine on files, whose disk takes all the steps that an answer needs. */
export interface Commands {
  readonly calls: CallLedger
  readonly tables: Tables
  readonly lease: (name: string, forMs?: number) => void
  readonly claim: (id: string, lease?: string) => string
  readonly cancel: (id: string) => string
  readonly settle: (id: string, outcome?: string) => void
}

export const commandsOf = (disk: ShakyDisk, { engine }: Pick<Opened, 'engine'>): Commands => {
  const { calls, tables } = engine
  if (!calls || !tables) throw new Error('the engine has no commands')
  return {
    calls,
    tables,
    lease: (name, forMs = 600_000) => {
      now(disk, tables.lease(name, forMs))
    },
    claim: (id, lease = 'one') => wordOf(now(disk, calls.claim({ user: 'u', id, lease }))),
    cancel: (id) => wordOf(now(disk, calls.cancel({ user: 'u', id }))),
    settle: (id, outcome) => {
      now(disk, calls.settle({ user: 'u', id }, outcome))
    },
  }
}
