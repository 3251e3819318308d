import puppeteer, { type Browser } from 'puppeteer-core'
import { chromiumFlags, chromiumPath, wakefulFlags } from '../setup/chromium.cjs'
import { demo } from './demo.js'

/** A running demo, and a browser to visit it with. */
export interface Browsing {
  readonly browser: Browser
  readonly url: string
  readonly end: () => Promise<void>
}

/** Starts a demo on a free port, and a browser that throttles hidden pages as those of users do. */
export const browsing = async (): Promise<Browsing> => {
  const running = demo(['--port', '0'])
  try {
    const url = await running.url()
    const browser = await puppeteer.launch({
      executablePath: chromiumPath(),
      args: chromiumFlags,
      ignoreDefaultArgs: wakefulFlags,
    })
    const end = async (): Promise<void> => {
      await browser.close()
      await running.stop()
    }
    return { browser, url, end }
  } catch (late) {
    await running.stop()
    throw late
  }
}
