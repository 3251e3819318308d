import { execFileSync, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Consumer, consumer, root } from '../package/packed.js'

const at = (file: string): string => join(root, 'spec/runtimes/engines', file)
const modules = (file: string): string => at(join('node_modules', file))

const engines: readonly (readonly [string, string, readonly string[], RegExp])[] = [
  ['Node 22', modules('node-22/bin/node'), [], /^v22\./],
  ['Node 24', modules('node-24/bin/node'), [], /^v24\./],
  ['Bun', modules('@oven/bun-linux-x64-baseline/bin/bun'), ['run'], /^1\./],
  [
    'Deno',
    modules('@deno/linux-x64-glibc/deno'),
    ['run', '--allow-all', '--no-lock', '--no-config', '--node-modules-dir=manual'],
    /^deno 2\./,
  ],
]

/** What a program prints. It is ended if it does not end. */
const output = (program: string, args: readonly string[], cwd: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 50_000,
      killSignal: 'SIGKILL',
    })
    let [out, wrong] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (wrong += chunk.toString()))
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve(out)
      else reject(new Error(`ended with ${String(code)}: ${out}${wrong}`))
    })
  })

describe('other runtimes', () => {
  let app: Consumer
  beforeAll(() => {
    execFileSync(process.execPath, [join(root, 'spec/setup/packages.mjs'), 'engines'], { stdio: 'pipe' })
    app = consumer()
    app.write('smoke.mjs', readFileSync(at('smoke.mjs'), 'utf8'))
  }, 180_000)
  afterAll(() => app.remove())

  it.each(engines)(
    '[RT11] a server and clients of the packed library talk in %s',
    async (_, program, args, version) => {
      expect(await output(program, ['--version'], app.folder)).toMatch(version)
      expect(JSON.parse(await output(program, [...args, 'smoke.mjs'], app.folder))).toEqual({
        offsets: [1, 2, 3],
        got: [5, [104, 105], 300_000],
        closed: ['done', 'done', 'done'],
      })
    },
  )
})
