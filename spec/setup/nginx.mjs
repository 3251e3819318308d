// Makes sure that there is an nginx, unpacking Debian's: `node spec/setup/nginx.mjs`.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync } from 'node:fs'
import { onPath } from './chromium.cjs'
import { findNginx, unpacked } from './nginx.cjs'

const run = (command, args) =>
  spawnSync(command, args, { cwd: unpacked, stdio: ['ignore', 'ignore', 'inherit'] }).status === 0

const download = () => run('apt-get', ['-qq', 'download', 'nginx'])

/** Lists of packages are got by root alone, and are often there already. */
const update = () => process.getuid?.() === 0 && run('apt-get', ['-qq', 'update'])

const unpack = () => {
  if (!onPath('apt-get') || !onPath('dpkg-deb')) return
  mkdirSync(unpacked, { recursive: true })
  if (!download() && !(update() && download())) return
  const archive = readdirSync(unpacked).find((name) => name.endsWith('.deb'))
  if (archive) run('dpkg-deb', ['-x', archive, '.'])
}

if (!findNginx()) unpack()
const found = findNginx()
console.log(found ?? 'nginx is needed: install it (Debian: apt-get install nginx).')
process.exitCode = found ? 0 : 1
