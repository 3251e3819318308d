import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { type AnyRecord, version } from './record.js'
import type { Write } from './write.js'

/** Beyond it records are written out by themselves. */
const most = 64 * 1024

/**
 * Writes records to a file, one a line. What was flushed is with the system: it outlives the process, however that ends.
 */
export const appendTo = (path: string, name: string): Write => {
  const file = openSync(path, 'a', 0o600)
  let text = ''
  const flush = (): void => {
    if (text === '') return
    writeSync(file, text)
    text = ''
  }
  const write = (record: AnyRecord): void => {
    text += `${JSON.stringify(record)}\n`
    if (text.length > most) flush()
  }
  write(['history', version, name])
  setInterval(flush, 50).unref()
  return Object.assign(write, { flush })
}

/** The records of a file after its header. The last line of a process that was killed may be torn: it is left out. */
export function* recordsOf<T extends AnyRecord>(path: string): Generator<T> {
  const file = openSync(path, 'r')
  const buffer = Buffer.alloc(1024 * 1024)
  const decoder = new TextDecoder()
  let rest = ''
  let number = 0
  try {
    for (let size = readSync(file, buffer); size > 0; size = readSync(file, buffer)) {
      const lines = (rest + decoder.decode(buffer.subarray(0, size), { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const record = JSON.parse(line) as readonly unknown[]
        if (number++ > 0) yield record as unknown as T
        else if (record[0] !== 'history' || record[1] !== version)
          throw new Error(`${path} is not a history of version ${version}`)
      }
    }
  } finally {
    closeSync(file)
  }
}
