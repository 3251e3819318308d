import puppeteer from 'puppeteer-core'
import { chromiumFlags, chromiumPath, wakefulFlags } from './chromium.cjs'

it('Chromium runs on this machine', async () => {
  const browser = await puppeteer.launch({
    executablePath: chromiumPath(),
    args: chromiumFlags,
    ignoreDefaultArgs: wakefulFlags,
  })
  try {
    const page = await browser.newPage()
    expect(await page.evaluate(() => typeof WebSocket)).toBe('function')
  } finally {
    await browser.close()
  }
}, 60_000)
