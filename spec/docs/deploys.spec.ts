import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { buildSync } from 'esbuild'

const root = resolve(__dirname, '../..')
const programs = ['server', 'worker', 'checker', 'deploys']

/** Runs the harness of examples/worker over the sources of the library. */
const run = async (...args: readonly string[]): Promise<{ readonly code: number | null; readonly said: string }> => {
  // Below node_modules, so that packages are found.
  const cache = join(root, 'node_modules/.cache')
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'rx-rooms-deploys-'))
  buildSync({
    entryPoints: programs.map((name) => join(root, 'examples/worker', `${name}.mjs`)),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'error',
    alias: {
      'rx-rooms': join(root, 'lib/index.ts'),
      'rx-rooms/bulk': join(root, 'lib/features/bulk/index.ts'),
      'rx-rooms/calls': join(root, 'lib/features/calls/index.ts'),
      'rx-rooms/history': join(root, 'lib/features/history/index.ts'),
      'rx-rooms/operators': join(root, 'lib/operators/index.ts'),
      'rx-rooms/server': join(root, 'lib/node/index.ts'),
    },
  })
  const child = spawn(process.execPath, [join(folder, 'deploys.mjs'), ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const output of [child.stdout, child.stderr]) output.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const code = await new Promise<number | null>((done) => child.once('close', done))
  rmSync(folder, { recursive: true, force: true })
  return { code, said }
}

describe('the worker to copy', () => {
  it('[DC34] bills and charges each order once over deploys and kills of the worker and the server', async () => {
    const { code, said } = await run('--rooms', '50', '--orders', '400', '--rate', '100', '--ends', '4')
    const none = { lost: 0, doubled: 0, unknown: 0 }
    const [figures, tally] = said
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as unknown)
    expect({ figures, said: figures ? '' : said }).toEqual({
      figures: { orders: 400, bills: none, charges: none, errors: 0 },
      said: '',
    })
    expect(tally).toMatchObject({ refused: 0, workerDeploys: 2, workerKills: 2, serverDeploys: 1, serverKills: 1 })
    expect(code).toBe(0)
  })
})
