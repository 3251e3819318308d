import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { within } from '../support/until.js'

const root = resolve(__dirname, '../..')

/** How a process ended: its exit code, or the signal that killed it. */
export type End = number | string

/** The demo as a process of its own. */
export interface Demo {
  readonly child: ChildProcess
  readonly said: () => string
  /** Waits for the line that names the page; throws when the process ends before. */
  readonly url: () => Promise<string>
  /** Waits for its end. */
  readonly ended: () => Promise<End>
  /** Ends it, whatever state it is in, and waits for its end. */
  readonly stop: () => Promise<End>
}

/** Starts `node examples/demo/main.mjs` with arguments; the library is built first where it is not. */
export const demo = (args: readonly string[], environment: Readonly<Record<string, string>> = {}): Demo => {
  if (!existsSync(join(root, 'dist/server.js'))) execFileSync(join(root, 'node_modules/.bin/tsdown'), [], { cwd: root })
  const child = spawn(process.execPath, ['examples/demo/main.mjs', ...args], {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  const ended = new Promise<End>((done) => {
    child.once('close', (code, signal) => done(code ?? signal ?? 'nothing'))
  })
  const listening = new Promise<string>((found, lost) => {
    const read = (chunk: Buffer): void => {
      said += chunk.toString()
      const [url] = /http:\/\/\S+/.exec(said) ?? []
      if (url) found(url)
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    void ended.then((end) => lost(new Error(`The demo ended with ${end}: ${said}`)))
  })
  listening.catch(() => undefined)
  return {
    child,
    said: () => said,
    url: () => within('the demo names its page', listening, 30_000),
    ended: () => within('the demo ends', ended, 20_000),
    stop: async () => {
      child.kill('SIGTERM')
      return within('the demo ends on SIGTERM', ended, 5_000).catch(() => {
        child.kill('SIGKILL')
        return ended
      })
    },
  }
}
