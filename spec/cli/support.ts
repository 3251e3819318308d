import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { buildSync } from 'esbuild'
import * as E from '#fp/Either'
import { createClient, type Client, type ClientOptions } from '../../lib/index.js'
import { serve, type Server, type ServeOptions } from '../../lib/node/index.js'
import { until as within } from '../support/until.js'

const root = resolve(__dirname, '../..')
// Below node_modules, so that packages are found and the repository stays as it is.
const cache = join(root, 'node_modules/.cache')
mkdirSync(cache, { recursive: true })
const built = mkdtempSync(join(cache, 'rx-rooms-cli-'))
const file = join(built, 'cli.mjs')
const scratch = mkdtempSync(join(tmpdir(), 'rx-rooms-cli-'))

/** Processes take their time to start where many of them do. */
export const until = (what: string, condition: () => boolean): Promise<void> => within(what, condition, 30_000)
jest.setTimeout(60_000)

/** Builds the command line as it is now, once per file of specs. */
export const build = (): void => {
  buildSync({
    entryPoints: [join(root, 'lib/cli/main.ts')],
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'esm',
    // With its packages in it, it starts in half the time. Those of them that are CommonJS ask for `require`.
    packages: 'bundle',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)" },
    logLevel: 'error',
  })
}

export const remove = (): void => {
  rmSync(built, { recursive: true, force: true })
  rmSync(scratch, { recursive: true, force: true })
}

/** A file with this text; gives its path. */
export const fileOf = (name: string, text: string | Uint8Array): string => {
  const path = join(scratch, name)
  writeFileSync(path, text)
  return path
}

/** The command line as a process of its own. */
export interface Run {
  readonly process: ChildProcessWithoutNullStreams
  /** Whole lines of stdout. */
  readonly out: () => readonly string[]
  /** The same as values. */
  readonly values: () => readonly Readonly<Record<string, unknown>>[]
  readonly err: () => string
  /** Waits for the end and gives the exit code. */
  readonly code: () => Promise<number | null>
  /** Waits until stderr holds this. */
  readonly told: (text: string | RegExp) => Promise<void>
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  /** Given to stdin, which then ends; without it stdin ends at once, with `null` it stays open. */
  readonly input?: string | null
  /** Do not read stdout. */
  readonly unread?: boolean
  /** A script of the shell in which `$RX` is the command. */
  readonly shell?: string
}

const running = new Set<ChildProcessWithoutNullStreams>()
const servers = new Set<() => void>()
const clients = new Set<Client>()

export const rx = (args: readonly string[], { env = {}, input = '', unread = false, shell }: RunOptions = {}): Run => {
  const options = { env: { PATH: process.env['PATH'], ...env }, stdio: 'pipe' } as const
  const child =
    shell === undefined
      ? spawn(process.execPath, [file, ...args], options)
      : spawn('/bin/sh', ['-c', shell.replace('$RX', '"$0" "$@"'), process.execPath, file, ...args], options)
  let out = ''
  let err = ''
  let ended: { readonly code: number | null } | undefined
  running.add(child)
  child.stdin.on('error', () => undefined)
  if (!unread) child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  child.on('close', (code) => {
    running.delete(child)
    ended = { code }
  })
  if (input !== null) child.stdin.end(input)
  const lines = (): readonly string[] => out.split('\n').slice(0, -1)
  return {
    process: child,
    out: lines,
    values: () => lines().map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>),
    err: () => err,
    code: async () => {
      await until(`the end of ${args.join(' ')}: ${err}`, () => ended !== undefined)
      return ended?.code ?? null
    },
    told: (text) =>
      until(`${String(text)} on stderr`, () => (typeof text === 'string' ? err.includes(text) : text.test(err))),
  }
}

/** A server of the command line, and where it listens. */
export const served = async (
  args: readonly string[] = [],
  options: RunOptions = {},
): Promise<Run & { readonly url: string }> => {
  const run = rx(['serve', '--port', '0', ...args], options)
  await until(`a server: ${run.err()}`, () => run.out().length > 0)
  return { ...run, url: (run.out()[0] ?? '').replace('listening ', '') }
}

/** A server in this process, for what the command line cannot be told. */
export const hosted = async (
  options: ServeOptions = {},
): Promise<{ readonly server: Server; readonly stop: () => void }> => {
  let server: Server | undefined
  serve({ port: 0, ...options }).subscribe((answer) => {
    if (E.isRight(answer)) server = answer.right
    else throw new Error(answer.left.message)
  })
  const stop = (): void => {
    void server?.close()
    servers.delete(stop)
  }
  servers.add(stop)
  await until('a server', () => server !== undefined)
  return { server: server as unknown as Server, stop }
}

/** A client in this process. */
export const connected = (url: string, options: Partial<ClientOptions> = {}): Client => {
  const client = createClient({ url, ...options })
  clients.add(client)
  client.connect()
  return client
}

/** Ends what a spec has left. */
export const endAll = async (): Promise<void> => {
  for (const client of clients) client.close()
  clients.clear()
  for (const stop of [...servers]) stop()
  for (const child of running) child.kill('SIGKILL')
  await until('the end of all processes', () => running.size === 0)
}
