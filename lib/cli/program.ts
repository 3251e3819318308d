import { Command, CommanderError, Option } from 'commander'
import { EMPTY, type Observable, of } from 'rxjs'
import { eventFault, roomFault, sourceFault, targetFault } from './address.js'
import { done, exit, type Exit } from './exit.js'
import { codes, environment, membersHelp, roomsHelp, sendHelp, serveHelp, tailHelp } from './help.js'
import type { Io } from './io.js'
import { members, type MembersOptions } from './members.js'
import { orderCommands } from './order-commands.js'
import { condition, faultIn, first, seconds, several, whole } from './parsing.js'
import { rooms, type RoomsOptions } from './rooms.js'
import { send, type SendOptions } from './send.js'
import { serve, type ServeOptions } from './serve.js'
import { tail, type TailOptions } from './tail.js'
import { variable } from './token.js'

const commands = ['serve', 'tail', 'members', 'rooms', 'send', 'call', 'ask', 'create', 'kick']

const durabilities = ['always', 'interval', 'never']

const help = ['-h, --help', 'print this help'] as const

const messages = 'a number of messages'

/** Adds the options of a command that watches a server. */
const watching = (command: Command): Command =>
  command
    .option('--token-file <file>', 'show the token in this file')
    .option('-w, --wait', 'keep trying while the server was never reached')
    .option('-q, --quiet', 'do not tell how the connection fares')

/** Parses arguments and returns their command, which starts on subscription. */
export const program = (args: readonly string[], version: string, io: Io): Observable<Exit> => {
  let chosen: Observable<Exit> = EMPTY
  const root = new Command('rx-rooms')
    .description('Rooms over WebSockets, from a terminal.')
    .version(version, '-V, --version', 'print the version')
    .helpOption(...help)
    .helpCommand('help [command]', 'print the help of a command')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        io.out.line(text.trimEnd())
      },
      writeErr: (text) => {
        io.notes.print(text.trimEnd())
      },
      outputError: () => undefined,
    })
    .addHelpText('after', `\n${environment}\n\n${codes}`)

  const command = (name: string, description: string, more: string): Command =>
    root
      .command(name)
      .description(description)
      .helpOption(...help)
      .addOption(new Option('--token [value]').hideHelp())
      .addHelpText('after', `\n${more}`)
  const choose = (options: object, wrong: string | undefined, run: () => Observable<Exit>): void => {
    const fault = 'token' in options ? noTokens : wrong
    chosen = fault === undefined ? run() : of(exit('usage', fault))
  }

  command('serve', 'serve rooms, in memory or in a directory, until SIGTERM or Ctrl-C', serveHelp)
    .option('-p, --port <number>', 'where to listen; 0 takes a free port', whole('a port', 0, 65_535), 7_420)
    .option('-H, --host <address>', 'the address to listen on', '127.0.0.1')
    .option('--token-file <file>', 'let in who shows one of these tokens')
    .option(
      '--origin <origin>',
      "let pages of this origin connect, and of no other; may be repeated; '*' for every page (default: pages of the same host)",
      several,
    )
    .option('-d, --data <dir>', 'keep rooms in this directory; it is made if it does not exist')
    .addOption(
      new Option('--fsync <when>', 'when what is written reaches the disk (default: always)').choices(durabilities),
    )
    .option('--new-epochs', 'begin a new epoch in every room: for a directory that was restored from a backup')
    .option('--health <path>', 'answer GET of this path with 200, and with 503 while the server drains')
    .option('--metrics <path>', 'answer GET of this path with the metrics for Prometheus, to this machine only')
    .option('--metrics-token-file <file>', 'give the metrics to everybody who shows the token in this file')
    .option('--hand-over [url]', 'at the end ask clients with endpoints to move to this server, or to any other')
    .option('-q, --quiet', 'log warnings only')
    .action((options: ServeOptions) => {
      choose(options, faultOfServe(options), () => serve(options, io))
    })

  watching(
    command('tail', 'print the messages of rooms as they come', tailHelp)
      .argument('<url>', 'of the server: ws://127.0.0.1:7420')
      .argument('<room...>', 'one or more rooms; @all and @user are the messages to all and to you')
      .option('-e, --event <name>', 'only this event; may be repeated', several)
      .option('-j, --json', 'print a JSON object per line, gaps too')
      .option('-n, --count <number>', 'end after so many messages', whole(messages, 1))
      .option('-l, --last <number>', 'begin with so many earlier messages of each room', whole(messages, 0)),
  ).action((url: string, rooms: readonly string[], options: TailOptions) => {
    const wrong = first([faultIn(url), ...rooms.map(sourceFault), ...(options.event ?? []).map(eventFault)])
    choose(options, wrong, () => tail(url, rooms, options, io))
  })

  watching(
    command('members', 'print who is in a room, and who comes and goes', membersHelp)
      .argument('<url>', 'of the server: ws://127.0.0.1:7420')
      .argument('<room>', 'the room')
      .option('-j, --json', 'print a JSON object per line')
      .option('-1, --once', 'end when those who are there are printed'),
  ).action((url: string, room: string, options: MembersOptions) => {
    choose(options, first([faultIn(url), roomFault(room)]), () => members(url, room, options, io))
  })

  watching(
    command('rooms', 'print the rooms of the directory, and how they change', roomsHelp)
      .argument('<url>', 'of the server: ws://127.0.0.1:7420')
      .option('-p, --prefix <text>', 'only rooms whose names begin so')
      .option('--where <name=value>', 'only rooms with this listed value; may be repeated', condition)
      .option('-n, --limit <number>', 'the first so many rooms, by name', whole('a number of rooms', 1, 1_000))
      .option('-j, --json', 'print a JSON object per line')
      .option('-1, --once', 'end when those that are there are printed'),
  ).action((url: string, options: RoomsOptions) => {
    choose(options, faultIn(url), () => rooms(url, options, io))
  })
  command('send', 'send messages, and wait for their receipts', sendHelp)
    .argument('<url>', 'of the server: ws://127.0.0.1:7420')
    .argument('<room>', 'the room; it is not joined. @all is everybody, @user/NAME one user')
    .argument('<event>', 'the name of the event')
    .argument('[data]', 'the payload as JSON; without it, or with -, each line of stdin is one')
    .option('-t, --text', 'payloads are texts, not JSON')
    .option('-j, --json', 'print a JSON object per message: its receipt, or its error')
    .option('--within <seconds>', 'how long to try with each message', seconds)
    .option('--token-file <file>', 'show the token in this file')
    .option('-w, --wait', 'keep trying while the server was never reached')
    .option('-q, --quiet', 'tell errors only')
    .action((url: string, room: string, event: string, data: string | undefined, options: SendOptions) => {
      const wrong = first([faultIn(url), targetFault(room), eventFault(event)])
      choose(options, wrong, () => send({ url, room, event }, data, options, io))
    })

  orderCommands({ command, choose, io })

  try {
    root.parse(args, { from: 'user' })
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown
    return of(misused(thrown, args))
  }
  return chosen
}

/** Returns the first option of `serve` that is empty or lacks another one. */
const faultOfServe = ({ data, fsync, newEpochs, metrics, metricsTokenFile }: ServeOptions): string | undefined => {
  if (data === '') return '--data is empty: write a directory'
  if (metricsTokenFile !== undefined && metrics === undefined)
    return '--metrics-token-file is for the metrics: give --metrics PATH too'
  if (data !== undefined) return undefined
  if (fsync !== undefined) return '--fsync says how --data is written: give --data DIR too'
  return newEpochs ? '--new-epochs is for the rooms of --data: give --data DIR too' : undefined
}

const noTokens = `tokens are not given as arguments, where everybody can read them: use --token-file FILE or ${variable}`

/** Ends help and version with 0; reports a parse error in one line, without the text after an equals sign. */
const misused = ({ code, exitCode, message }: CommanderError, args: readonly string[]): Exit => {
  if (exitCode === 0) return done
  if (code === 'commander.help') return exit('usage', `which command? one of ${commands.join(', ')}`)
  const text = message
    .replace(/^error: /, '')
    .replace(/(unknown option '[^'=]*)=[^']*'/, "$1'")
    .replace(/\s*\n\s*/g, ' ')
    .replace(/[.]$/, '')
  const [name = ''] = args.filter((word) => commands.includes(word))
  return exit('usage', `${text}; see rx-rooms ${name}${name === '' ? '' : ' '}--help`)
}
