// Makes sure that express and fastify, which docs/server.md uses, are installed: `node spec/setup/frameworks.mjs`.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const folder = 'spec/docs/frameworks'
const isThere = () => existsSync(`${folder}/node_modules/fastify`) && existsSync(`${folder}/node_modules/express`)

if (!isThere())
  spawnSync('npm', ['ci', '--ignore-scripts', '--silent'], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })
if (!isThere()) console.log(`express and fastify are needed: run npm ci in ${folder}.`)
process.exitCode = isThere() ? 0 : 1
