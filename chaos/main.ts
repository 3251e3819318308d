import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { campaign, type Progress } from './campaign/campaign.js'
import { judge, type Outcome } from './campaign/judge.js'
import { hasPapers } from './campaign/manifest.js'
import { detectMs } from './campaign/settings.js'
import type { ConsumerKind } from './history/record.js'
import { table } from './report/table.js'
import { callPlans, plans } from './virtual/arbitrary.js'
import { type Broken, seeds, survey } from './virtual/seeds.js'

interface Options {
  readonly seed: number
  readonly minutes: number
  readonly rate: number
  readonly consumers: readonly ConsumerKind[]
  readonly keep?: string
  readonly judge?: string
  readonly virtual?: true
  readonly seeds: number
  readonly path?: string
  readonly calls?: true
  readonly all?: true
}

const positive = (text: string): number => {
  const value = Number(text)
  if (!(value > 0)) throw new InvalidArgumentError('Write a number above 0.')
  return value
}
const whole = (text: string): number => {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || text === '') throw new InvalidArgumentError('Write a whole number.')
  return value
}

const kinds: readonly ConsumerKind[] = ['auto', 'manual', 'copy']
const kindsIn = (text: string): readonly ConsumerKind[] => {
  const named = text === 'none' ? [] : text.split(',')
  const known = kinds.filter((kind) => named.includes(kind))
  if (known.length !== named.length) throw new InvalidArgumentError(`Write none, or some of ${kinds.join()}.`)
  return known
}

const command = new Command('npm run chaos --')
  .description('Breaks everything around the library, and checks that nothing is lost, doubled or out of order.')
  .option('--seed <number>', 'what happens: the same plans and the same faults', whole, 1)
  .option('--minutes <number>', 'how long', positive, 30)
  .option('--rate <number>', 'messages per second, of all clients together', positive, 700)
  .option('--consumers <kinds>', 'which consumers take part, with commas between; none: no consumer', kindsIn, kinds)
  .option(
    '--keep <folder>',
    'where the histories stay, a folder that is new or empty; without it they stay if anything was wrong',
  )
  .option('--judge <folder>', 'runs nothing: what was wrong in a campaign whose histories are there')
  .option('--virtual', 'in virtual time, in this process')
  .option('--seeds <number>', 'how many runs in virtual time', whole, 1_000)
  .option('--calls', 'in virtual time: plans of calls and faults alone')
  .option('--all', 'in virtual time: plays every run, and counts what is wrong by its rule')
  .option('--path <path>', 'the one run in virtual time that a failure has named')
  .addHelpText('after', '\nExit codes: 0 nothing was wrong, 1 something was, 2 usage, 130 stopped.')
  .exitOverride()

const isTerminal = process.stdout.isTTY
let lastTold = 0
const tell = (line: string): void => {
  if (isTerminal) process.stdout.write(`\r\u001b[2K${line.slice(0, (process.stdout.columns || 80) - 1)}`)
  else if (performance.now() - lastTold > 15_000) {
    lastTold = performance.now()
    console.log(line)
  }
}

/** Says what runs in virtual time have shown. */
const sumUp = (figures: Readonly<Record<string, number>>, faults: number): void => {
  if (isTerminal) process.stdout.write('\n')
  console.log(Object.entries(figures).map(([name, value]) => `${name} ${value}`).join(', ')) // prettier-ignore
  const { calls = 0, commands = 0, ran = 0, unknown = 0 } = figures
  console.log(`${faults} faults; ${calls} calls, ${commands} commands: ${ran} ran, ${unknown} have an unknown outcome`)
}

const inVirtualTime = ({ seed, seeds: runs, path, calls, all }: Options): number => {
  const started = performance.now()
  const seconds = (): string => ((performance.now() - started) / 1_000).toFixed(1)
  const asked = {
    seed,
    runs: path === undefined ? runs : 1,
    from: calls ? callPlans : plans,
    ran: (count: number) => {
      if (count % 20 === 0) tell(`${count} of ${runs} runs`)
    },
  }
  if (all && path === undefined) {
    const { figures, faults, broken } = survey(asked)
    sumUp(figures, faults)
    return judged(broken, `${runs} runs, ${seconds()} s`)
  }
  const { runs: count, figures, faults, failure } = seeds({ ...asked, ...(path === undefined ? {} : { path }) })
  sumUp(figures, faults)
  console.log(failure ?? `no violation in ${count} runs, ${seconds()} s`)
  return failure === undefined ? 0 : 1
}

const judged = (broken: Readonly<Record<string, Broken>>, of: string): number => {
  const rules = Object.entries(broken)
  for (const [rule, { times, first }] of rules) console.log(`${rule} ${times} times, first: ${first}`)
  console.log(`${rules.length === 0 ? 'no violation' : `${rules.length} rules broken`} in ${of}`)
  return rules.length === 0 ? 0 : 1
}

/** Says what a campaign came to, and whether it was good. */
const told = (outcome: Outcome): boolean => {
  console.log(table(outcome, detectMs))
  return outcome.verdict.violationCount === 0 && outcome.mishaps.length === 0
}

const misused = (because: string): number => {
  console.error(`error: ${because}`)
  return 2
}

const again = (folder: string): number => {
  if (hasPapers(folder)) return told(judge(folder)) ? 0 : 1
  return misused(`there are no histories of a campaign in ${folder}`)
}

/** What lies in a folder is judged together. */
const isFree = (folder: string): boolean =>
  !existsSync(folder) || (statSync(folder).isDirectory() && readdirSync(folder).length === 0)

const inRealTime = async ({ seed, minutes, rate, consumers, keep }: Options, programs: Programs): Promise<number> => {
  if (keep !== undefined && !isFree(keep)) return misused(`--keep needs a folder that is new or empty: ${keep} is not`)
  const folder = keep ?? mkdtempSync(join(tmpdir(), 'rx-rooms-chaos-'))
  mkdirSync(folder, { recursive: true })
  const stopped = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      stopped.abort()
    })
  const started = performance.now()
  const progress = ({ phase, sent, delivered, online, clients, faults }: Progress): void => {
    const seconds = Math.round((performance.now() - started) / 1_000)
    tell(`${seconds} s  ${sent} sent  ${delivered} delivered  ${online}/${clients} online  ${faults} faults  ${phase}`)
  }
  const isShort = minutes < 2
  const outcome = await campaign({
    seed,
    minutes,
    rate,
    consumers,
    folder,
    programs,
    progress,
    stormMs: isShort ? (minutes * 60_000) / 2 : 30_000,
    cover: isShort ? ['repeated'] : ['repeated', 'order', 'replay-cut', 'quarantine'],
    signal: stopped.signal,
  })
  if (isTerminal) process.stdout.write('\n')
  if (stopped.signal.aborted) {
    console.log(`stopped; the histories are in ${folder}`)
    return 130
  }
  const isGood = told(outcome)
  if (isGood && keep === undefined) rmSync(folder, { recursive: true, force: true })
  else console.log(`the histories are in ${folder}`)
  return isGood ? 0 : 1
}

export interface Programs {
  readonly server: string
  readonly client: string
}

/** Runs the command line; answers its exit code. */
export const main = async (args: readonly string[], programs: Programs): Promise<number> => {
  try {
    command.parse(args, { from: 'user' })
  } catch (error) {
    return (error as { readonly exitCode?: number }).exitCode === 0 ? 0 : 2
  }
  const options = command.opts<Options>()
  if (options.judge !== undefined) return again(options.judge)
  return options.virtual ? inVirtualTime(options) : inRealTime(options, programs)
}
