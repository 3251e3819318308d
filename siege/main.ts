import { Command, InvalidArgumentError, Option } from 'commander'
import { type AttackName, attacks, isAttack, names } from './attacks/table.js'
import { isSound, lineOf } from './fuzz/report.js'
import { fuzzClient } from './fuzz/to-client.js'
import { fuzzServer } from './fuzz/to-server.js'
import { judge } from './report/judgement.js'
import { table } from './report/table.js'
import { besiege, type Programs, type Terms } from './run/besiege.js'
import type { Outcome } from './run/outcome.js'

interface Options extends Terms {
  readonly attack: readonly AttackName[]
  readonly list?: true
  readonly fuzz?: number
  readonly seed: number
}

const positive = (text: string): number => {
  const value = Number(text)
  if (!(value > 0 && value < Infinity)) throw new InvalidArgumentError('Write a number above 0.')
  return value
}
const whole = (text: string): number => {
  const value = positive(text)
  if (!Number.isSafeInteger(value)) throw new InvalidArgumentError('Write a whole number above 0.')
  return value
}
const attacksIn = (text: string): readonly AttackName[] => {
  const named = text.split(',')
  const unknown = named.find((name) => !isAttack(name))
  if (unknown !== undefined) throw new InvalidArgumentError(`${unknown} is none of ${names.join()}.`)
  return named.filter(isAttack)
}

const commandOf = (): Command =>
  new Command('npm run siege --')
    .description('Attacks a room server from outside, and measures what well-behaved clients feel of it.')
    .option('--attack <names>', 'which attacks, with commas between (default: all)', attacksIn, names)
    .option('--seconds <number>', 'how long each attack lasts', positive, 5)
    .option('--good <number>', 'how many well-behaved clients there are', whole, 100)
    .option('--heap <MiB>', 'the heap of the server', whole, 512)
    .addOption(
      new Option('--limits <name>', 'the limits of the server; off: none')
        .choices(['default', 'off'])
        .default('default'),
    )
    .option('--list', 'prints the attacks')
    .option(
      '--fuzz <frames>',
      'sends so many changed frames to a server and to a client instead, in virtual time',
      whole,
    )
    .option('--seed <number>', 'which frames', whole, 1)
    .addHelpText(
      'after',
      '\nExit codes: 0 nothing was wrong, 1 a server died or good clients lost something or waited too long, 2 usage.',
    )
    .exitOverride()

/** Runs one attack after the other. */
export const siege = async (
  { attack, ...terms }: Pick<Options, 'attack'> & Terms,
  programs: Programs,
  tell: (outcome: Outcome) => void = () => undefined,
): Promise<readonly Outcome[]> => {
  const outcomes: Outcome[] = []
  for (const name of attack) {
    const outcome = await besiege(name, terms, programs)
    outcomes.push(outcome)
    tell(outcome)
  }
  return outcomes
}

/** Runs the command line; answers its exit code. */
export const main = async (args: readonly string[], programs: Programs): Promise<number> => {
  const command = commandOf()
  try {
    command.parse(args, { from: 'user' })
  } catch (error) {
    return (error as { readonly exitCode?: number }).exitCode === 0 ? 0 : 2
  }
  const { list, fuzz, seed, ...options } = command.opts<Options>()
  if (fuzz !== undefined) {
    const toServer = fuzzServer(fuzz, seed)
    console.log(lineOf('server', toServer))
    const toClient = fuzzClient(fuzz, seed)
    console.log(lineOf('client', toClient))
    return isSound(toServer) && isSound(toClient) ? 0 : 1
  }
  if (list) {
    for (const name of names) console.log(`${name.padEnd(12)} ${attacks[name].description}`)
    return 0
  }
  const outcomes = await siege(options, programs, (outcome) => {
    const found = judge(outcome)
    console.log(`${outcome.attack.padEnd(12)} ${found.length === 0 ? 'held' : found.join('; ')}`)
  })
  console.log(table(outcomes))
  return outcomes.every((outcome) => judge(outcome).length === 0) ? 0 : 1
}
