// Makes sure that the SDK of OpenTelemetry, which the specs of rx-rooms/otel use, is installed: `node spec/setup/otel.mjs`.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const folder = 'spec/otel/sdk'
const isThere = () => existsSync(`${folder}/node_modules/@opentelemetry/sdk-metrics`)

if (!isThere())
  spawnSync('npm', ['ci', '--ignore-scripts', '--silent'], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })
if (!isThere()) console.log(`The SDK of OpenTelemetry is needed: run npm ci in ${folder}.`)
process.exitCode = isThere() ? 0 : 1
