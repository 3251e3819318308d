// Makes sure that the library of the codec of examples/codec is installed: `node spec/setup/codec.mjs`.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const folder = 'examples/codec'
const isThere = () => existsSync(`${folder}/node_modules/@msgpack/msgpack`)

if (!isThere())
  spawnSync('npm', ['ci', '--ignore-scripts', '--silent'], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })
if (!isThere()) console.log(`@msgpack/msgpack is needed: run npm ci in ${folder}.`)
process.exitCode = isThere() ? 0 : 1
