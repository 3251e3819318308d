import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { exitCodes } from '../../lib/cli/exit.js'
import { build, endAll, fileOf, remove, rx } from './support.js'

const root = join(__dirname, '../..')
const nowhere = 'ws://127.0.0.1:1'

beforeAll(build)
afterEach(endAll)
afterAll(remove)

/** How a command ends that does not start: the code, and what stderr holds. */
const misused = async (args: readonly string[], env = {}): Promise<readonly [number | null, string]> => {
  const run = rx(args, { env })
  const code = await run.code()
  expect(run.out()).toEqual([])
  return [code, run.err()]
}

describe('arguments', () => {
  it('[CL1] the help of every command has examples that start with it, and ends well', async () => {
    const runs = ['serve', 'tail', 'members', 'rooms', 'send', 'create', 'kick'].map((name) => ({
      name,
      run: rx([name, '--help']),
    }))
    for (const { name, run } of runs) {
      expect(await run.code()).toBe(0)
      const text = run.out().join('\n')
      expect(text).toContain('Examples:')
      expect(text).toContain(`$ rx-rooms ${name}`)
      expect(run.err()).toBe('')
    }
  })

  it('[CL1] the version is that of the package', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
    const run = rx(['--version'])
    expect(await run.code()).toBe(0)
    expect(run.out()).toEqual([version])
  })

  it('[CL2] help and the document tell every exit code', async () => {
    const run = rx(['--help'])
    expect(await run.code()).toBe(0)
    const help = run.out().join('\n')
    const page = readFileSync(join(root, 'docs/cli.md'), 'utf8')
    for (const { code, means } of Object.values(exitCodes)) {
      expect(help.split(/\n +/)).toContain(`${String(code).padEnd(3)}  ${means}`)
      expect(page).toMatch(new RegExp(`^\\| ${code} +\\|`, 'm'))
    }
  })

  it.each([
    ['no room', ['tail', nowhere], "missing required argument 'room'"],
    ['another command', ['tial'], 'Did you mean tail?'],
    ['no number', ['tail', nowhere, 'r', '--count', 'x'], 'a number of messages, 1 or more'],
    ['a count of 0', ['tail', nowhere, 'r', '--count', '0'], 'a number of messages, 1 or more'],
    ['a port that is none', ['serve', '--port', '70000'], 'from 0 to 65535'],
    ['too much', ['send', nowhere, 'r', 'e', '1', '2'], 'too many arguments'],
    ['an empty room', ['tail', nowhere, ''], 'the name of a room has 1 to 256 bytes'],
    ['a long event', ['send', nowhere, 'r', 'e'.repeat(65), '1'], 'the name of an event has 1 to 64 bytes'],
    ['no URL', ['tail', 'localhost:7420', 'r'], 'write ws://localhost:7420'],
    ['a URL of the web', ['tail', 'https://example.com', 'r'], 'write wss://example.com/'],
    ['a URL of another kind', ['send', 'ftp://x', 'r', 'e', '1'], 'write something like ws://127.0.0.1:7420'],
  ])('[CL3] %s is told in one line with what to write, and ends with 2', async (_, args, text) => {
    const [code, told] = await misused(args)
    expect(code).toBe(2)
    expect(told).toContain(text)
    expect(told.trimEnd().split('\n')).toHaveLength(1)
  })

  it.each([
    ['an option', ['tail', nowhere, 'r', '--token', 'hunter2']],
    ['an option with a value', ['send', nowhere, 'r', 'e', '1', '--token=hunter2']],
    ['an option that is none', ['tail', nowhere, 'r', '--secret=hunter2']],
    ['a parameter of the URL', ['tail', 'ws://127.0.0.1:1/?token=hunter2', 'r']],
    ['the user of the URL', ['tail', 'ws://hunter2@127.0.0.1:1', 'r']],
    ['the password of the URL', ['send', 'ws://me:hunter2@127.0.0.1:1', 'r', 'e', '1']],
  ])('[CL4] a token in %s is refused and not repeated', async (_, args) => {
    const [code, told] = await misused(args)
    expect(code).toBe(2)
    expect(told).not.toContain('hunter2')
  })

  it('[CL5] a token file that cannot be read or is empty, and an empty variable, end with 2', async () => {
    const empty = fileOf('empty', '# nothing here\n\n')
    const cases = [
      misused(['tail', nowhere, 'r', '--token-file', '/nowhere/token']),
      misused(['send', nowhere, 'r', 'e', '1', '--token-file', empty]),
      misused(['serve', '--port', '0', '--token-file', empty]),
      misused(['serve', '--port', '0', '--token-file', fileOf('long', 'a b c d\n')]),
      misused(['serve', '--port', '0', '--token-file', fileOf('twice', 'a ana\n# again\na ben\n')]),
      misused(['serve', '--port', '0'], { RX_ROOMS_TOKEN: ' ' }),
      misused(['tail', nowhere, 'r'], { RX_ROOMS_TOKEN: '' }),
    ]
    const told = await Promise.all(cases)
    expect(told.map(([code]) => code)).toEqual(told.map(() => 2))
    const texts = [
      'cannot be read',
      'holds no token',
      'holds no token',
      'line 1 has more',
      'line 3 repeats',
      'is set, but empty',
      'is set, but empty',
    ]
    for (const [at, text] of texts.entries()) expect(told[at]?.[1]).toContain(text)
  })
})
