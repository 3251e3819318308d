import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createContext, runInContext } from 'node:vm'
import { firstValueFrom, take, toArray } from 'rxjs'
import { WebSocket as Ws } from 'ws'
import type * as Library from '../../lib/index.js'
import { anything, createClient } from '../../lib/index.js'
import { type Result, type Server, serve } from '../../lib/node/index.js'
import { type Consumer, consumer, root } from '../package/packed.js'
import { data } from '../support/chat.js'
import { left, right, see } from '../support/seen.js'

/** Sockets as those of React Native: `bufferedAmount` is never set, and options that are not known are warned of. */
class NativeSocket {
  static readonly warnings: string[] = []
  readyState = 0
  protocol = ''
  bufferedAmount: number | undefined
  onopen: ((event: object) => void) | null = null
  onmessage: ((event: object) => void) | null = null
  onclose: ((event: object) => void) | null = null
  onerror: ((event: object) => void) | null = null
  readonly #socket: Ws
  constructor(url: string, protocols: string[], options: object = {}) {
    NativeSocket.warnings.push(...Object.keys(options).filter((name) => name !== 'headers'))
    this.#socket = new Ws(url, [...protocols])
    this.#socket.binaryType = 'arraybuffer'
    this.#socket.onopen = () => {
      this.readyState = 1
      this.protocol = this.#socket.protocol
      this.onopen?.({})
    }
    this.#socket.onmessage = ({ data: got }) => this.onmessage?.({ data: got })
    this.#socket.onerror = () => this.onerror?.({})
    this.#socket.onclose = ({ code, reason }) => {
      this.readyState = 3
      this.onclose?.({ code, reason })
    }
  }
  set binaryType(type: string) {
    if (type !== 'blob' && type !== 'arraybuffer') throw new Error("binaryType must be either 'blob' or 'arraybuffer'")
  }
  send(sent: string | Uint8Array): void {
    this.#socket.send(sent)
  }
  close(code?: number, reason?: string): void {
    this.readyState = 2
    this.#socket.close(code, reason)
  }
}

/** As in older React Natives. */
class BlindUrl {
  get protocol(): string {
    throw new Error('not implemented')
  }
  get searchParams(): unknown {
    throw new Error('not implemented')
  }
}

describe('React Native', () => {
  let app: Consumer
  let server: Server
  let native: Pick<typeof Library, 'anything' | 'createClient'>
  let bytes: unknown

  beforeAll(async () => {
    execFileSync(process.execPath, [join(root, 'spec/setup/packages.mjs'), 'metro'], { stdio: 'pipe' })
    app = consumer()
    app.write('app.js', "import * as rooms from 'rx-rooms'\nglobalThis.rooms = rooms\n")
    app.node(join(root, 'spec/runtimes/metro/bundle.mjs'), app.folder, 'app.js', join(app.folder, 'bundle.js'))
    const timers = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] as const
    const globals = {
      console,
      WebSocket: NativeSocket,
      URL: BlindUrl,
      ...Object.fromEntries(timers.map((name) => [name, Reflect.get(globalThis, name) as unknown])),
    }
    const context = createContext(globals)
    runInContext(readFileSync(join(app.folder, 'bundle.js'), 'utf8'), context)
    native = runInContext('rooms', context) as typeof native
    bytes = runInContext('new Uint8Array([104, 105])', context)
    server = right(
      await new Promise<Result<Server>>((told) => {
        serve({ port: 0, host: '127.0.0.1' }).subscribe(told)
      }),
    )
  }, 180_000)
  afterAll(() => {
    server.close().subscribe()
    app.remove()
  })

  it('[RT12] without a polyfill of crypto a client is closed and names it', () => {
    const client = native.createClient({ url: server.url, autoConnect: false })
    expect(left(see(client.connect()).only())).toMatchObject({ _tag: 'ConfigError', option: 'ids' })
  })

  it('[RT12] what Metro bundles of the packed library runs without crypto, btoa, performance, TextEncoder and bufferedAmount', async () => {
    let count = 0
    const phone = native.createClient({ url: server.url, ids: () => `phone-${String(++count)}` })
    const node = createClient({ url: server.url })
    const [here, there] = [node.room('lobby', anything), phone.room('lobby', native.anything)]
    const heardHere = firstValueFrom(here.messages().pipe(take(2), toArray()))
    const heardThere = see(there.on('reply'))
    right(await firstValueFrom(here.join()))
    right(await firstValueFrom(there.send('text', 'hello')))
    right(await firstValueFrom(there.send('bytes', bytes)))
    expect(data(await heardHere)).toEqual(['hello', new Uint8Array([104, 105])])
    const answered = firstValueFrom(there.on('reply'))
    right(await firstValueFrom(here.send('reply', Buffer.from('ok'))))
    const reply = right(await answered).data as Uint8Array
    expect([...reply]).toEqual([111, 107])
    expect(heardThere.all).toHaveLength(1)
    expect(NativeSocket.warnings).toEqual([])
    phone.close()
    node.close()
  })
})
