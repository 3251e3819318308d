// What the engine on files does: appends per second by durability, beside the memory engine, and how long a start takes.
// node bench/files.mjs [--seconds 3] [--messages 1000000] [--rooms 1000]. Needs a build. Ratios hold, absolute figures do not.
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { files, memory } from 'rx-rooms/server'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    messages: { type: 'string', default: '1000000' },
    rooms: { type: 'string', default: '1000' },
  },
})
const [seconds, messages, rooms] = [values.seconds, values.messages, values.rooms].map(Number)
const scratch = mkdtempSync(join(tmpdir(), 'rx-rooms-bench-'))
const data = JSON.stringify({ text: 'x'.repeat(80), n: 1 })

const opened = (options) =>
  new Promise((resolve, reject) => {
    let engine
    let ended
    const end = new Promise((done) => (ended = done))
    files(options).subscribe({
      next: (result) => {
        if (result._tag === 'Left') reject(new Error(result.left.message))
        else {
          engine = result.right
          resolve({ engine, close: () => (engine.close(), end) })
        }
      },
      complete: () => ended(),
    })
  })

/** Publishers that each wait for their receipt; each batch is of one room. Gives entries per second. */
const appends = (engine, publishers, batch) =>
  new Promise((resolve) => {
    const start = performance.now()
    const until = start + seconds * 1_000
    let count = 0
    let busy = publishers
    const publish = (publisher, seq) => {
      if (performance.now() > until) {
        if (--busy === 0) resolve((count / (performance.now() - start)) * 1_000)
        return
      }
      const entries = Array.from({ length: batch }, (_, at) => ({
        user: 'u',
        producer: `p${publisher}`,
        seq: seq + at,
        after: 0,
        retry: false,
        id: `p${publisher}.${seq + at}`,
        event: 'message',
        from: ['u', 's'],
        data,
      }))
      engine.append(`room ${publisher % rooms}`, entries).subscribe(() => {
        count += batch
        // A turn of its own, so that an engine that answers at once does not go deeper and deeper.
        if (seq % 50 === 1) setImmediate(publish, publisher, seq + batch)
        else queueMicrotask(() => publish(publisher, seq + batch))
      })
    }
    for (let publisher = 0; publisher < publishers; publisher++) publish(publisher, 1)
  })

const shown = (figure) => Math.round(figure).toLocaleString('en').padStart(11)

console.log(`appends per second, ${data.length} bytes of payload`)
for (const [publishers, batch] of [
  [1, 1],
  [100, 1],
  [1_000, 1],
  [1_000, 16],
]) {
  const engines = { memory: () => ({ engine: memory(), close: () => undefined }) }
  for (const durability of ['always', 'interval', 'never'])
    engines[durability] = () => opened({ directory: mkdtempSync(join(scratch, durability)), durability })
  const figures = []
  for (const [name, make] of Object.entries(engines)) {
    const { engine, close } = await make()
    figures.push(`${name} ${shown(await appends(engine, publishers, batch))}`)
    await close()
  }
  console.log(
    `${String(publishers).padStart(5)} publishers, ${String(batch).padStart(2)} each time: ${figures.join('  ')}`,
  )
}

const directory = join(scratch, 'start')
const first = await opened({ directory, durability: 'never', messages: 1e7, totalBytes: 2 ** 40 })
const each = messages / rooms
for (let room = 0; room < rooms; room++)
  for (let from = 1; from <= each; from += 200)
    await new Promise((resolve) => {
      const entries = Array.from({ length: Math.min(200, each - from + 1) }, (_, at) => ({
        user: 'u',
        producer: 'p',
        seq: from + at,
        after: 0,
        retry: false,
        id: `${room}.${from + at}`,
        event: 'message',
        from: ['u', 's'],
        data,
      }))
      first.engine.append(`room ${room}`, entries).subscribe(resolve)
    })
await first.close()
const bytes = readdirSync(directory)
  .map((name) => statSync(join(directory, name)).size)
  .reduce((all, size) => all + size, 0)
const before = performance.now()
const second = await opened({ directory, durability: 'never', messages: 1e7, totalBytes: 2 ** 40 })
const took = performance.now() - before
console.log(
  `start with ${messages.toLocaleString('en')} messages in ${rooms.toLocaleString('en')} rooms, ${shown(bytes / 2 ** 20)} MiB: ${shown(took)} ms`,
)
await second.close()
rmSync(scratch, { recursive: true })
