import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Evidence, FinalLog } from '../checker/evidence.js'
import { recordsOf } from '../history/file.js'
import type { ClientRecord, DirectorRecord, ServerRecord } from '../history/record.js'

/** What the processes of a campaign have left in its folder. */
export const evidenceIn = (folder: string): Evidence => {
  const path = (name: string): string => join(folder, `${name}.jsonl`)
  const histories = readdirSync(folder).flatMap((file) => historyIn(file) ?? [])
  const servers = ordered(histories.filter(({ who }) => who === 'server'))
  return {
    lives: ordered(histories.filter(({ who }) => who !== 'server')).map((name) => ({
      name,
      records: () => recordsOf<ClientRecord>(path(name)),
    })),
    *server() {
      for (const name of servers) yield* recordsOf<ServerRecord>(path(name))
    },
    director: () => recordsOf<DirectorRecord>(path('director')),
    logs: existsSync(join(folder, 'final.json'))
      ? (JSON.parse(readFileSync(join(folder, 'final.json'), 'utf8')) as readonly FinalLog[])
      : [],
  }
}

interface History {
  readonly who: string
  readonly life: number
}

/** `c3.2.jsonl`: the second life of the client `c3`. */
const historyIn = (file: string): History | undefined => {
  const [, who, life] = /^(\w+)\.(\d+)\.jsonl$/.exec(file) ?? []
  return who === undefined ? undefined : { who, life: Number(life) }
}

/** Their names; an earlier life before a later one. */
const ordered = (histories: readonly History[]): readonly string[] =>
  [...histories].sort((a, b) => a.life - b.life).map(({ who, life }) => `${who}.${life}`)
