// A process that posts with a store on files, and kills itself before one of its steps:
// node poster.cjs URL DIRECTORY ROOM STEP MESSAGES
import { writeSync } from 'node:fs'
import { defer, EMPTY, forkJoin, map, type Observable, tap } from 'rxjs'
import { anything, createClient, webSocket, tokens } from '../../lib/index.js'
import type { Socket, Transport } from '../../lib/core/ports.js'
import { type Disk, platformDisk } from '../../lib/node/store/disk.js'
import { clientStore } from '../../lib/session/client-store.js'
import { fileStoreOn } from '../../lib/node/store/files.js'
import { outbox } from '../../lib/features/observe/index.js'

const [url = '', directory = '', room = '', at = '0', count = '0'] = process.argv.slice(2)
/** At once, so that it is heard whatever comes next. */
const say = (text: string): void => void writeSync(1, `${text}\n`)

let steps = 0
const step = (): void => {
  if (++steps === Number(at)) process.kill(process.pid, 'SIGKILL')
}

const disk = Object.fromEntries(
  Object.entries(platformDisk as unknown as Record<string, (...given: unknown[]) => Observable<unknown>>).map(
    ([name, act]) => [name, (...given: unknown[]) => defer(() => (step(), act(...given)))],
  ),
) as unknown as Disk

const transport: Transport = (request) =>
  webSocket()(request).pipe(
    tap(step),
    map((event) => {
      if (typeof event === 'string' || !('_tag' in event) || event._tag !== 'Opened') return event
      const { socket } = event
      const counted: Socket = { ...socket, send: (data) => (step(), socket.send(data)) }
      return { ...event, socket: counted }
    }),
  )

const client = createClient({
  url,
  identity: 'ana',
  token: tokens(() => 'ana'),
  store: clientStore(fileStoreOn({ disk, wall: () => Date.now(), every: () => EMPTY }, { directory })),
  transport,
})
client.with(outbox).outbox$.subscribe(({ entries }) => {
  for (const { id, stage } of entries) if (stage !== 'queued') say(`stored ${id}`)
})
client.connect()
const results = Array.from({ length: Number(count) }, (_, n) => {
  const sent = client.room(room, anything).post('message', n)
  say(`posted ${sent.id}`)
  return sent
})
forkJoin(results).subscribe(() => client.close().subscribe(() => say(`done ${steps}`)))
