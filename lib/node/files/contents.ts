import { ROOM } from '../../protocol/room-info.js'
import { type CallBook, callBook } from '../../server/calls/book.js'
import { type Ledger, ledger } from '../../server/ledger.js'
import type { Bounds, Surroundings } from '../../server/retention.js'
import { type SessionRegistry, sessionRegistry } from '../../server/session-registry.js'
import { type TableRegistry, tableRegistry } from '../../server/tables/registry.js'
import { defaultTableBounds } from '../../server/tables/table.js'
import { type CallBases, callBases } from './call-bases.js'
import { callReplay } from './call-replay.js'
import { type Clock, clockOf } from './clock.js'
import type { ReplayParts } from './replay.js'
import { type TableBases, tableBases } from './table-bases.js'
import { tableReplay } from './table-replay.js'

/** The contents of an engine on files, and the places of some in its journal. */
export interface Contents {
  readonly rooms: Ledger
  readonly sessions: SessionRegistry
  readonly clock: Clock
  readonly tables: TableRegistry
  readonly tableBases: TableBases
  readonly commands: CallBook
  readonly commandBases: CallBases
}

/** `dropped` is called with the name of each room that is forgotten. */
export const contents = (bounds: Bounds, given: Required<Surroundings>, dropped: (room: string) => void): Contents => {
  const { scheduler, ids, tableEpochs } = given
  const now = (): number => scheduler.now()
  const rooms = ledger(bounds, given, dropped)
  const tables = tableRegistry(defaultTableBounds, now, tableEpochs, ({ of, room }) => {
    if (of === ROOM) rooms.tellLife(room)
  })
  const commands = callBook(bounds.dedupeMs, now, ids, (command) => {
    commandBases.forget(command)
  })
  const commandBases = callBases(commands, bounds.dedupeMs)
  return {
    rooms,
    sessions: sessionRegistry(bounds, ids),
    clock: clockOf(given),
    tables,
    tableBases: tableBases(tables),
    commands,
    commandBases,
  }
}

/** Returns what a replay fills. */
export const replayParts = (
  { rooms, sessions, clock, tables, tableBases: bases, commands, commandBases }: Contents,
  { dedupeMs }: Bounds,
  { epochs, tableEpochs }: Required<Surroundings>,
): ReplayParts => ({
  rooms,
  sessions,
  clock,
  epochs,
  tables: tableReplay(tables, bases, tableEpochs),
  calls: callReplay(commands, commandBases, dedupeMs),
})
