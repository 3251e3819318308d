import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { until } from '../support/until.js'

interface Run {
  readonly said: () => string
  readonly code: () => number | null | undefined
  readonly stop: () => void
  /** Whether a process of it is left. */
  readonly isThere: () => boolean
}

/** Runs the campaign in a process group of its own. */
const run = (...args: readonly string[]): Run => {
  const child = spawn(process.execPath, [join(__dirname, '../../chaos/start.mjs'), ...args], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  let code: number | null | undefined
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (said += data.toString()))
  child.on('close', (given) => (code = given))
  const signal = (name: NodeJS.Signals | 0): boolean => {
    try {
      return process.kill(-(child.pid ?? 0), name)
    } catch {
      return false
    }
  }
  return { said: () => said, code: () => code, stop: () => child.kill('SIGINT'), isThere: () => signal(0) }
}

const ended = async (command: Run, withinMs: number): Promise<void> => {
  await until(`the campaign ends: ${command.said()}`, () => command.code() !== undefined, withinMs)
}

describe('the campaign', () => {
  it('[CH10] [CH21] [CH22] [CH25] [CH27] [CH29] [CH31] [CH54] breaks real processes and sockets for a while, and nothing is lost, doubled or out of order', async () => {
    const command = run('--minutes', '0.2', '--seed', '1', '--rate', '300')
    await ended(command, 280_000)
    expect([command.code(), command.said()]).toEqual([0, expect.stringContaining('no violation in')])
    for (const what of [
      'offered',
      'committed',
      'copies',
      'changes of rosters',
      'written',
      'kept by a condition',
      'terms that were led',
      'seats taken',
      'creations',
      'that ran',
      'answers of members',
    ])
      expect(command.said()).toMatch(new RegExp(`${what} +[1-9]`))
    await until('all have gone', () => !command.isThere())
  }, 300_000)

  it('[CH11] Ctrl-C ends it with 130, and leaves no process behind', async () => {
    const command = run('--minutes', '5')
    await until('it is under way', () => command.said().includes('delivered'), 60_000)
    command.stop()
    await ended(command, 60_000)
    expect([command.code(), command.said()]).toEqual([130, expect.stringContaining('stopped')])
    await until('all have gone', () => !command.isThere())
  }, 150_000)

  it('[CH12] what it does not understand is 2', async () => {
    const wrong = [
      ['--minutes', 'x'],
      ['--sed', '1'],
      ['--seed', '1.5'],
      ['--consumers', 'auto,none'],
    ]
    const commands = wrong.map((args) => run(...args))
    for (const [at, command] of commands.entries()) {
      await ended(command, 60_000)
      expect([wrong[at], command.code(), command.said()]).toEqual([wrong[at], 2, expect.stringContaining('error:')])
    }
  }, 150_000)
})
