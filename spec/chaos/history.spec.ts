import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { appendTo, recordsOf } from '../../chaos/history/file.js'
import type { ClientRecord } from '../../chaos/history/record.js'

describe('histories', () => {
  let folder: string
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'rx-rooms-history-'))))
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  it('[CH14] what was flushed is read again, without the torn line of a process that was killed', () => {
    const path = join(folder, 'c1.1.jsonl')
    const write = appendTo(path, 'c1.1')
    const records: readonly ClientRecord[] = [
      ['invoked', 1, 'c1.1-1', 'r ü'],
      ['receipt', 2.5, 'c1.1-1', 'e', 1, 0],
    ]
    for (const record of records) write(record)
    write.flush()
    appendFileSync(path, '["delivered",3,0,"e",')
    expect([...recordsOf(path)]).toEqual(records)
  })

  it('[CH14] many records are read in order, whatever their number', () => {
    const path = join(folder, 'many.jsonl')
    const write = appendTo(path, 'many')
    for (let at = 0; at < 50_000; at++) write(['written', at, `m${at}`])
    write.flush()
    let next = 0
    for (const [, at] of recordsOf<ClientRecord>(path)) expect(at).toBe(next++)
    expect(next).toBe(50_000)
  })

  it('[CH14] what is no history of this version is refused by name', () => {
    const path = join(folder, 'other.jsonl')
    writeFileSync(path, '["history",2,"x"]\n')
    expect(() => [...recordsOf(path)]).toThrow(`${path} is not a history of version 1`)
  })
})
