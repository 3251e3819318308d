// Where Chromium is and how it is started; CommonJS, because specs run as such.
const { accessSync, constants } = require('node:fs')
const { delimiter, join } = require('node:path')

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

const isExecutable = (file) => {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const onPath = (name) =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isExecutable)

/** Where Chromium is: CHROME_PATH if it is set, else the first known name on PATH, else undefined. */
const findChromium = () => {
  const told = process.env.CHROME_PATH
  if (told) return isExecutable(told) ? told : undefined
  return NAMES.map(onPath).find((file) => file !== undefined)
}

/** Where Chromium is; throws with the command to run if there is none. */
const chromiumPath = () => {
  const found = findChromium()
  if (!found) throw new Error('No Chromium found: run `npm run chromium`, or set CHROME_PATH.')
  return found
}

/** Flags for a headless run that talks to nobody but the page under test. */
const chromiumFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
]

/** Flags of puppeteer that keep hidden pages awake: left out, so that pages are throttled and frozen as for users. */
const wakefulFlags = [
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
]

module.exports = { findChromium, chromiumPath, chromiumFlags, wakefulFlags, onPath }
