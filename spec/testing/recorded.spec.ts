import { buildSync } from 'esbuild'
import { firstValueFrom } from 'rxjs'
import puppeteer from 'puppeteer-core'
import * as E from '#fp/Either'
import { anything, createClient, webSocket, tokens } from '../../lib/index.js'
import { serve, type Server } from '../../lib/node/index.js'
import { recorder } from '../../lib/testing/recorder.js'
import type { Recording } from '../../lib/testing/recording.js'
import { replay } from '../../lib/testing/replay.js'
import { testSource } from '../../lib/testing/test-source.js'
import { chromiumFlags, chromiumPath } from '../setup/chromium.cjs'
import { root } from '../package/packed.js'
import { faultProxy, type FaultProxy } from '../support/fault-proxy.js'
import { runSource } from '../support/run-source.js'
import { until } from '../support/until.js'

const canary = 'token-canary-over-real-sockets'
const quick = { floorMs: 20, firstMs: 50, capMs: 100, factor: 2 }

describe('a recording over real sockets', () => {
  let proxy: FaultProxy
  let server: Server | undefined

  beforeEach(async () => {
    serve({ port: 0, authenticate: () => [{ user: 'ana' }] }).subscribe((result) => {
      if (E.isRight(result)) server = result.right
    })
    await until('the server listens', () => server !== undefined)
    proxy = await faultProxy(server!.port)
  })
  afterEach(async () => {
    void server?.close()
    server = undefined
    await proxy.close()
  })

  /** Publications that were written, and whether all that happened is in it. */
  const shape = ({ events, isComplete }: Recording) => ({
    links: events.filter(({ what }) => what === 'open').length,
    publishes: events
      .flatMap((event) => ('frames' in event && event.what === 'out' ? event.frames : []))
      .filter((frame) => Array.isArray(frame) && frame[0] === 'p').length,
    isComplete,
  })
  /** Runs the test that is made of it, as it is and with one message changed. */
  const proves = (recording: Recording, client?: Readonly<Record<string, unknown>>): void => {
    const plain = JSON.parse(JSON.stringify(recording)) as Recording
    expect(JSON.stringify(plain)).not.toContain(canary)
    const source = testSource(plain, client && { client })
    const ran: string[] = []
    const it = (name: string, run: () => void): void => {
      run()
      ran.push(name)
    }
    runSource(source, { it, anything, replay })
    expect(ran).toEqual(['the client says again what it said then'])
    const changed = source.replace(/post\("message", 7\)/, 'post("message", 70)')
    expect(() => {
      runSource(changed, { it, anything, replay })
    }).toThrow(/^> .*"message", 7, .*"message", 70, /m)
  }

  it('[RC6] [RC7] of Node, with a link that breaks, is replayed by the test that is made of it', async () => {
    const tape = recorder(webSocket())
    const url = `ws://127.0.0.1:${proxy.port}`
    const client = createClient({ url, token: tokens(() => [canary]), backoff: quick, ...tape.options })
    const room = client.room('numbers', anything)
    const send = async (numbers: readonly number[]): Promise<void> => {
      for (const number of numbers) expect(E.isRight(await firstValueFrom(room.send('message', number)))).toBe(true)
    }
    expect(E.isRight(await firstValueFrom(room.join()))).toBe(true)
    await send([1, 2, 3, 4, 5])
    proxy.cut('rst')
    await send([6, 7, 8])
    const other = client.room('other', anything)
    expect(E.isRight(await firstValueFrom(other.join()))).toBe(true)
    await send([9])
    await firstValueFrom(client.close())
    expect(shape(tape.recording())).toMatchObject({ links: 2, isComplete: true })
    proves(tape.recording(), { backoff: quick })
  }, 60_000)

  it('[RC6] of a browser is replayed by the test that is made of it', async () => {
    const entry = `export { anything, createClient, tokens, webSocket } from './lib/index.js'
export { recorder } from './lib/testing/index.js'
export { firstValueFrom } from 'rxjs'`
    const { outputFiles } = buildSync({
      stdin: { contents: entry, resolveDir: root, loader: 'ts' },
      bundle: true,
      write: false,
      format: 'iife',
      globalName: 'rooms',
      platform: 'browser',
      logLevel: 'error',
    })
    const browser = await puppeteer.launch({ executablePath: chromiumPath(), args: chromiumFlags })
    try {
      const page = await browser.newPage()
      await page.goto(`http://127.0.0.1:${server!.port}/`)
      await page.addScriptTag({ content: outputFiles[0]!.text })
      const url = `ws://127.0.0.1:${server!.port}`
      const recording = await page.evaluate(
        async (address: string, token: string): Promise<Recording> => {
          const rooms = (globalThis as unknown as { readonly rooms: InPage }).rooms
          const tape = rooms.recorder(rooms.webSocket())
          const client = rooms.createClient({ url: address, token: rooms.tokens(() => [token]), ...tape.options })
          const room = client.room('numbers', rooms.anything)
          await rooms.firstValueFrom(room.join())
          for (const number of [5, 6, 7, 8]) await rooms.firstValueFrom(room.send('message', number))
          globalThis.dispatchEvent(new Event('online'))
          await rooms.firstValueFrom(client.close())
          return tape.recording()
        },
        url,
        canary,
      )
      expect(shape(recording)).toEqual({ links: 1, publishes: 4, isComplete: true })
      expect(recording.events.some(({ what }) => what === 'hint')).toBe(true)
      proves(recording)
    } finally {
      await browser.close()
    }
  }, 60_000)
})

interface InPage {
  readonly anything: typeof anything
  readonly createClient: typeof createClient
  readonly tokens: typeof tokens
  readonly webSocket: typeof webSocket
  readonly recorder: typeof recorder
  readonly firstValueFrom: typeof firstValueFrom
}
