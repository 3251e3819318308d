import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Evidence, FinalLog } from '../checker/evidence.js'
import { recordsOf } from '../history/file.js'
import type { ClientRecord, DirectorRecord, ServerRecord } from '../history/record.js'

/** What the processes of a campaign have left in its folder. */
export const evidenceIn = (folder: string, lives: readonly string[], servers: readonly string[]): Evidence => {
  const path = (name: string): string => join(folder, `${name}.jsonl`)
  const there = (names: readonly string[]): readonly string[] => names.filter((name) => existsSync(path(name)))
  return {
    lives: there(lives).map((name) => ({ name, records: () => recordsOf<ClientRecord>(path(name)) })),
    *server() {
      for (const name of there(servers)) yield* recordsOf<ServerRecord>(path(name))
    },
    director: () => recordsOf<DirectorRecord>(path('director')),
    logs: existsSync(join(folder, 'final.json'))
      ? (JSON.parse(readFileSync(join(folder, 'final.json'), 'utf8')) as readonly FinalLog[])
      : [],
  }
}
