// Makes sure that there is a Chromium, installing it on Debian: `node spec/setup/chromium.mjs`.
import { spawnSync } from 'node:child_process'
import { findChromium, onPath } from './chromium.cjs'

const run = (command, args) => spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0

const install = () => {
  if (!onPath('apt-get')) return false
  const root = process.getuid?.() === 0
  if (!root && !(onPath('sudo') && run('sudo', ['-n', 'true']))) return false
  const apt = (...args) => {
    const command = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-qq', ...args]
    return root ? run(command[0], command.slice(1)) : run('sudo', ['-n', ...command])
  }
  return apt('update') && apt('install', '-y', '--no-install-recommends', 'chromium')
}

const main = () => {
  if (!findChromium() && !process.env.CHROME_PATH) install()
  const found = findChromium()
  console.log(found ?? 'Chromium is needed: install it (Debian: apt-get install chromium) or set CHROME_PATH to it.')
  return found ? 0 : 1
}

process.exitCode = main()
