import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import { build } from 'esbuild'
import puppeteer, { type Browser } from 'puppeteer-core'
import { firstValueFrom } from 'rxjs'
import { started, stopAll } from '../node/support.js'
import { chromiumFlags, chromiumPath } from '../setup/chromium.cjs'
import { right } from '../support/seen.js'
import { until } from '../support/until.js'
import type { Said } from './hints/worker.js'

/** What the page has in its global scope. */
declare const said: readonly Said[]
declare const worker: { readonly postMessage: (url: string) => void }

const page = `<!doctype html><script>
  const said = []
  const worker = new Worker('/worker.js')
  worker.onmessage = ({ data }) => said.push(data)
</script>`

describe('hints in a browser', () => {
  let browser: Browser
  let pages: Server

  beforeAll(async () => {
    const { outputFiles } = await build({
      entryPoints: [resolve(__dirname, 'hints/worker.ts')],
      bundle: true,
      write: false,
      platform: 'browser',
      format: 'iife',
      logLevel: 'error',
    })
    pages = createServer((request, response) => {
      if (request.url === '/worker.js') response.setHeader('content-type', 'text/javascript').end(outputFiles[0]!.text)
      else response.setHeader('content-type', 'text/html').end(page)
    })
    await new Promise<void>((listening) => pages.listen(0, '127.0.0.1', listening))
    browser = await puppeteer.launch({ executablePath: chromiumPath(), args: chromiumFlags })
  }, 90_000)
  afterAll(async () => {
    stopAll()
    pages.close()
    const parts: readonly ({ close: () => Promise<void> } | undefined)[] = [browser]
    for (const part of parts) await part?.close()
  }, 30_000)

  it('[RT13] [P28] a client in a dedicated worker reconnects when the network is back, long before its wait is over', async () => {
    const { server } = await started()
    const tab = await browser.newPage()
    await tab.goto(`http://127.0.0.1:${(pages.address() as AddressInfo).port}/`)
    const devtools = await tab.createCDPSession()
    const network = (offline: boolean) =>
      devtools.send('Network.overrideNetworkState', {
        offline,
        latency: 0,
        downloadThroughput: -1,
        uploadThroughput: -1,
      })
    const all = () => tab.evaluate(() => said)
    const states = async () => (await all()).flatMap(({ state }) => state ?? [])
    const isOnline = async () => (await states()).at(-1) === 'Online'

    await tab.evaluate((url) => {
      worker.postMessage(url)
    }, server.url)
    await until('it is online', isOnline)
    expect(await tab.workers()[0]!.evaluate(() => typeof document)).toBe('undefined')
    right(await firstValueFrom(server.close()))
    await until('it waits for minutes', async () => ((await all()).at(-1)?.waitsMs ?? 0) > 300_000)
    await started({ port: server.port })
    await network(true)
    await until('the worker knows', async () => (await all()).at(-1)?.network === false)
    expect((await states()).at(-1)).toBe('Waiting')
    await network(false)
    await until('it is online again', isOnline)
    expect((await states()).slice(-6)).toEqual([
      'Waiting',
      'Waiting',
      'Authorizing',
      'Connecting',
      'Handshaking',
      'Online',
    ])
  }, 120_000)
})
