// Where nginx is; CommonJS, because specs run as such.
const { existsSync } = require('node:fs')
const { join, resolve } = require('node:path')
const { onPath } = require('./chromium.cjs')

/** Where a package of Debian is unpacked without being installed: no service is started. */
const unpacked = resolve('node_modules/.cache/nginx')

/** Where nginx is: on PATH, in the folders of administrators, or unpacked; else undefined. */
const findNginx = () => onPath('nginx') ?? ['/usr/sbin/nginx', join(unpacked, 'usr/sbin/nginx')].find(existsSync)

/** Where nginx is; throws with the command to run if there is none. */
const nginxPath = () => {
  const found = findNginx()
  if (!found) throw new Error('No nginx found: run `npm run nginx`, or install it.')
  return found
}

module.exports = { findNginx, nginxPath, unpacked }
