import { exitCodes } from './exit.js'

const rows = (lines: readonly (readonly [string, string])[], width: number): string =>
  lines.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n')

/** The help text about environment variables. */
export const environment = `Environment:
${rows(
  [
    ['RX_ROOMS_TOKEN', 'the token to show; for serve, the one that everybody needs'],
    ['NO_COLOR', 'no colours'],
  ],
  14,
)}`

export const codes = `Exit codes:
${rows(
  Object.values(exitCodes).map(({ code, means }) => [String(code), means] as const),
  3,
)}`

export const serveHelp = `Prints one line, "listening ws://HOST:PORT", when it is ready; logs go to stderr.

A line of a token file is TOKEN USER [ROLE,ROLE...]; a line with TOKEN alone lets in anybody who shows it.

With --data rooms outlive the server. --fsync always: what is acknowledged is on the disk. interval: the disk follows within
a second; never: when the system likes. With both what is acknowledged survives the end of the server, not of the machine.
--new-epochs: after DIR was restored from a backup, so that clients are told of a gap in each room.

--health /healthz is for a readiness probe; /healthz/live answers 200 also while the server drains. With --metrics /metrics
only this machine may read the metrics, and no request that a proxy passes on; with a token file whoever shows its token as
"Authorization: Bearer TOKEN".

With --hand-over clients that know other servers move there before this one ends: for two servers on one engine, or behind
one address.

Examples:
  $ rx-rooms serve
  $ rx-rooms serve --data rooms
  $ rx-rooms serve --port 0 --host 0.0.0.0 --token-file tokens.txt
  $ RX_ROOMS_TOKEN=secret rx-rooms serve
  $ rx-rooms serve --host 0.0.0.0 --health /healthz --metrics /metrics --metrics-token-file metrics-token.txt`

export const tailHelp = `Lines are on stdout, all else on stderr. After a loss of the server it is back by itself and continues where it was.

Examples:
  $ rx-rooms tail ws://127.0.0.1:7420 lobby
  $ rx-rooms tail ws://127.0.0.1:7420 lobby kitchen --event message --last 10
  $ rx-rooms tail ws://127.0.0.1:7420 @all @user
  $ rx-rooms tail ws://127.0.0.1:7420 lobby --json --count 1 | jq .data`

export const membersHelp = `Members are those whose clients use presence. This command is not one of them. Above the server's rosterMax it
prints counts. After a loss of the server it is back by itself, and prints what has changed.

Examples:
  $ rx-rooms members ws://127.0.0.1:7420 lobby
  $ rx-rooms members ws://127.0.0.1:7420 lobby --json --once | jq -r .user`

export const roomsHelp = `Shows rooms that were created as visible, and how many are in them. A value of --where is JSON where it is a number, a
flag or null, and a text otherwise. After a loss of the server it is back by itself, and prints what has changed.

Examples:
  $ rx-rooms rooms ws://127.0.0.1:7420
  $ rx-rooms rooms ws://127.0.0.1:7420 --prefix game/ --where mode=duel --json --once | jq -r .room`

export const createHelp = `The token, or the session without one, may moderate the room. A name that is in use ends it with 4.

Examples:
  $ rx-rooms create ws://127.0.0.1:7420 lobby --capacity 10
  $ room=$(rx-rooms create ws://127.0.0.1:7420 --metadata '{"topic":"tea"}')`

export const kickHelp = `Needs a token that may moderate the room.

Examples:
  $ rx-rooms kick ws://127.0.0.1:7420 lobby eve --because 'Please be polite.' --for 600`

export const callHelp = `Prints the answer as a line of JSON, of a stream each one. A negative number as INPUT follows --.

Examples:
  $ rx-rooms call ws://127.0.0.1:7420 book 3 --room concert
  $ rx-rooms call ws://127.0.0.1:7420 free --room concert --kind query | jq length
  $ rx-rooms call ws://127.0.0.1:7420 prices --kind stream`

export const askHelp = `Prints a line of JSON for each member that was asked. Needs the permission to publish in the room. A negative
number as INPUT follows --.

Examples:
  $ rx-rooms ask ws://127.0.0.1:7420 table-4 vote '"tea"' --kind query
  $ rx-rooms ask ws://127.0.0.1:7420 table-4 vote '"tea"' --kind query --until quorum --within 20 | jq .answer`

export const sendHelp = `Ends with 0 only if every message was acknowledged. A negative number as DATA follows --.

Examples:
  $ rx-rooms send ws://127.0.0.1:7420 lobby message '{"text":"hello"}'
  $ rx-rooms send ws://127.0.0.1:7420 lobby message --text hello
  $ rx-rooms send ws://127.0.0.1:7420 @all notice --text 'back in five minutes'
  $ rx-rooms send ws://127.0.0.1:7420 lobby message < messages.jsonl
  $ rx-rooms tail ws://a:7420 lobby --json | jq -c --unbuffered .data | rx-rooms send ws://b:7420 lobby message`
