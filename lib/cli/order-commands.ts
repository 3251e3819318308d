import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Observable } from 'rxjs'
import * as E from '#fp/Either'
import { guard } from '../core/guard.js'
import { isFields } from '../protocol/field.js'
import type { Until } from '../protocol/frame.js'
import { isUntil } from '../protocol/until.js'
import { eventFault, membersFault, roomFault, userFault } from './address.js'
import { ask, type AskOptions } from './ask.js'
import { call, type CallOptions } from './call.js'
import type { Exit } from './exit.js'
import { askHelp, callHelp, createHelp, kickHelp } from './help.js'
import type { Io } from './io.js'
import { create, type CreateOptions, kick, type KickOptions } from './orders.js'
import { faultIn, first, seconds, whole } from './parsing.js'

/** The parts of the program that these commands need. */
export interface OrderCommandNeeds {
  readonly command: (name: string, description: string, more: string) => Command
  readonly choose: (options: object, wrong: string | undefined, run: () => Observable<Exit>) => void
  readonly io: Io
}

/** Adds the commands that ask the server for one thing. */
export const orderCommands = ({ command, choose, io }: OrderCommandNeeds): void => {
  command('create', 'create a room, and print its name', createHelp)
    .argument('<url>', 'of the server: ws://127.0.0.1:7420')
    .argument('[name]', 'the name of the room; without it a random one')
    .option('--capacity <number>', 'the most seats', whole('a number of seats', 1))
    .option('--metadata <json>', 'data of the room, a JSON object', objectOf)
    .option('-j, --json', 'print a JSON object')
    .option('--token-file <file>', 'show the token in this file')
    .option('-w, --wait', 'keep trying while the server was never reached')
    .option('-q, --quiet', 'do not tell how the connection fares')
    .action((url: string, name: string | undefined, options: CreateOptions) => {
      const wrong = first([faultIn(url), name === undefined ? undefined : roomFault(name)])
      choose(options, wrong, () => create(url, name, options, io))
    })

  command('call', 'call a function of the server, and print its answer', callHelp)
    .argument('<url>', 'of the server: ws://127.0.0.1:7420')
    .argument('<name>', 'the name of the call')
    .argument('[input]', 'its input, as JSON', jsonOf)
    .option('-r, --room <room>', 'the room that it is about')
    .addOption(
      new Option('-k, --kind <kind>', 'its kind in the contract (default: command)').choices([
        'query',
        'command',
        'stream',
      ]),
    )
    .option('--within <seconds>', 'the time for the answer (default: 10 s)', seconds)
    .option('--token-file <file>', 'show the token in this file')
    .option('-w, --wait', 'keep trying while the server was never reached')
    .option('-q, --quiet', 'do not tell how the connection fares')
    .action((url: string, name: string, input: unknown, options: CallOptions) => {
      const { room } = options
      const wrong = first([faultIn(url), eventFault(name), room === undefined ? undefined : roomFault(room)])
      choose(options, wrong, () => call(url, name, input, options, io))
    })

  command('ask', 'ask the members of a room, and print their answers', askHelp)
    .argument('<url>', 'of the server: ws://127.0.0.1:7420')
    .argument('<room>', 'the room')
    .argument('<name>', 'the name of the call')
    .argument('[input]', 'its input, as JSON', jsonOf)
    .option('-u, --until <rule>', 'the answers that it needs: all (default), first, quorum, or a number', untilOf)
    .addOption(
      new Option('-k, --kind <kind>', 'its kind in the contract (default: command)').choices(['query', 'command']),
    )
    .option('--within <seconds>', 'the time for the answers (default: 10 s)', seconds)
    .option('--token-file <file>', 'show the token in this file')
    .option('-w, --wait', 'keep trying while the server was never reached')
    .option('-q, --quiet', 'do not tell how the connection fares')
    .action((url: string, room: string, name: string, input: unknown, options: AskOptions) => {
      const wrong = first([faultIn(url), membersFault(room), eventFault(name)])
      choose(options, wrong, () => ask(url, { room, name, input }, options, io))
    })

  command('kick', 'remove a user from a room', kickHelp)
    .argument('<url>', 'of the server: ws://127.0.0.1:7420')
    .argument('<room>', 'the room')
    .argument('<user>', 'the user')
    .option('--because <text>', 'the reason, which the user is told')
    .option('--for <seconds>', 'how long the user is not let in again (default: a minute)', seconds)
    .option('-j, --json', 'print a JSON object')
    .option('--token-file <file>', 'show the token in this file')
    .option('-w, --wait', 'keep trying while the server was never reached')
    .option('-q, --quiet', 'do not tell how the connection fares')
    .action((url: string, room: string, user: string, options: KickOptions) => {
      const wrong = first([faultIn(url), roomFault(room), userFault(user)])
      choose(options, wrong, () => kick(url, room, user, options, io))
    })
}

const jsonOf = (text: string): unknown => {
  const parsed = guard<unknown>(() => JSON.parse(text))
  if (E.isRight(parsed)) return parsed.right
  throw new InvalidArgumentError('Write a JSON value; a text needs quotes.')
}

const untilOf = (text: string): Until => {
  const rule = /^\d+$/.test(text) ? Number(text) : text
  if (isUntil(rule)) return rule
  throw new InvalidArgumentError('Write all, first, quorum, or a number of answers from 1.')
}

const objectOf = (text: string): unknown => {
  const parsed = guard<unknown>(() => JSON.parse(text))
  if (E.isRight(parsed) && isFields(parsed.right)) return parsed.right
  throw new InvalidArgumentError('Write a JSON object.')
}
