import { names } from '../../siege/attacks/table.js'
import { main } from '../../siege/main.js'

/** Runs the command line without processes. */
const commanded = async (...args: readonly string[]): Promise<readonly [code: number, said: string]> => {
  const said: string[] = []
  const spies = [
    jest.spyOn(console, 'log').mockImplementation((...words: unknown[]) => void said.push(words.join(' '))),
    ...(['stdout', 'stderr'] as const).map((name) =>
      jest.spyOn(process[name], 'write').mockImplementation((text) => said.push(String(text)) > 0),
    ),
  ]
  const code = await main(args, { server: '', good: '', attacker: '' })
  for (const spy of spies) spy.mockRestore()
  return [code, said.join('\n')]
}

describe('the command line of the siege', () => {
  it.each([
    [['--attack', 'nonsense'], 'nonsense is none of'],
    [['--attack', 'leaves,'], 'is none of'],
    [['--seconds', '0'], 'above 0'],
    [['--seconds', 'x'], 'above 0'],
    [['--good', '1.5'], 'whole number'],
    [['--heap', '-1'], 'above 0'],
    [['--limits', 'on'], 'default, off'],
    [['--limit', 'off'], 'unknown option'],
    [['leaves'], 'too many arguments'],
  ])('[SI2] %j is 2', async (args, because) => {
    expect(await commanded(...args)).toEqual([2, expect.stringContaining(because)])
  })

  it('[SI2] --list names each attack with one line, and ends with 0', async () => {
    const [code, said] = await commanded('--list')
    expect(code).toBe(0)
    expect(said.split('\n').map((line) => line.split(' ')[0])).toEqual(names)
    for (const line of said.split('\n')) expect(line).toMatch(/^[a-z]+ +[a-z].{20,}$/)
  })

  it('[SI2] --help says the exit codes', async () => {
    expect(await commanded('--help')).toEqual([0, expect.stringContaining('Exit codes: 0')])
  })
})
