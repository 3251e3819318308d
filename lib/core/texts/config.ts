import type { About, Telling } from './text.js'

const example = 'Write something like wss://rooms.example.com.'

/** The words of each reason for which an option is invalid; `option` is its place. */
const reasons = {
  throws: ({ said }) => [`The options throw: ${said}`, 'Write plain ones.'],
  value: ({ option, actual, expected }) => [
    `${option === 'options' ? 'The options are' : `${option} is`} ${actual}.`,
    `Write ${phraseOf(String(expected))}.`,
  ],
  unknown: ({ option, names }) => {
    const path = String(option)
    const near = nearest(path.slice(path.lastIndexOf('.') + 1), String(names).split(', '))
    return [
      `There is no option ${path}.`,
      near === undefined ? `Leave it out: there are ${names}.` : `Did you mean ${near}? Write that, or leave it out.`,
    ]
  },
  url: ({ actual }) => [`url is ${actual}, no URL.`, example],
  'url-scheme': ({ scheme }) => [`url begins with ${scheme}, not ws: or wss:.`, example],
  'url-fragment': () => ['url has a #fragment, which WebSockets do not take.', example],
  'url-secret': ({ name }) => [`url carries "${name}": URLs end up in logs.`, 'Give it by the option token.'],
  ids: () => [
    'This platform has no crypto.getRandomValues, of which ids are made.',
    'Install react-native-get-random-values and import it first, or give `ids`.',
  ],
  identity: () => [
    'There is a store and no identity: nobody knows whose data it is.',
    'Write the user as the server names it.',
  ],
  transport: () => [
    'This platform has no WebSocket.',
    'Write transport: webSocket({ WebSocket }) with a class of sockets.',
  ],
  contract: ({ actual }) => [
    `The contract is ${actual}.`,
    'Pass contract({ events: { … } }) after the name, or anything.',
  ],
  secret: ({ option, actual }) => [`The ${option} is ${actual}.`, 'Write a text that is not empty.'],
  policy: () => ['A policy drops messages, which nobody could commit.', 'Leave out the policy, or the commits.'],
  from: ({ fault }) => [
    `${fault}.`,
    'Write last(50) with a number, or after(position) with the position of a message.',
  ],
  window: () => ['A window needs commits.', "Write from: stored({ commit: 'manual', window })."],
  shared: ({ option }) => [
    `${option} differs from that of the client with the same url and identity, whose connection is shared.`,
    'Pass the same value, made once, or make a client of its own by createClient.',
  ],
  health: () => [
    'health is given with an HTTP server of the application, whose handler answers requests.',
    'Leave it out, and answer in that handler: 200 while status() is open, else 503.',
  ],
  metrics: () => [
    'metrics is given with an HTTP server of the application, whose handler answers requests.',
    'Leave it out, and answer in that handler with prometheus(rooms.metrics()).',
  ],
  paths: () => ['metrics and health have the same path.', 'Write two paths.'],
} satisfies Readonly<Record<string, Telling>>

/** The reasons for which an option is invalid. */
export type Reason = keyof typeof reasons

/** The valid values of a check, by its name: what follows the name is `least` and `most`. */
const phrases: Readonly<Record<string, (least: string, most: string) => string>> = {
  object: () => 'a plain object',
  function: () => 'a function',
  flag: () => 'true or false',
  ms: () => 'a number of milliseconds, 0 or more',
  time: () => 'a number of milliseconds above 0',
  count: () => 'a whole number above 0',
  factor: () => 'a number of 1 or more',
  share: () => 'a number from 0 to 1',
  whole: (least, most) => `a whole number from ${least}${most === 'Infinity' ? '' : ` to ${most}`}`,
  text: (least, most) => `a text of ${least} to ${most} characters`,
  id: (most) => `1 to ${most} bytes without quotes, backslashes and control characters`,
  observable: () => 'an Observable',
  scheduler: () => 'a scheduler',
  signal: () => 'an AbortSignal, such as the signal of an AbortController',
  logTo: () => 'logTo(logger), such as logTo(console)',
  logger: () => 'an object with some of debug, info, warn and error, such as console',
  url: () => 'a text, a function that gives one, or endpoints([…])',
  source: () => 'a function, an Observable or a promise',
  retries: () => 'retryBudget()',
  codec: () => 'a codec, such as json',
  tokens: () => 'tokens(source), where the source is a function, an Observable or a promise',
  store: () => 'a store of rx-rooms/stores, or clientStore(yours)',
  overflow: () => "'reject', dropOldest() or coalesceByKey(key)",
  admission: () => 'the options that admission(options) of rx-rooms/room-life gives',
  start: () => "'live', or what last, after, beginning, stored or live of rx-rooms/history give",
  policy: () => "'all', or what latestBy or sample of rx-rooms/conflation give",
  room: () => 'room: client.room(name, contract), the handle of a room',
  headers: () => 'an object of headers',
}

/** The text of a check without a name here is the phrase itself. */
const phraseOf = (expected: string): string => {
  const [name = '', least = '', most = ''] = expected.split(' ')
  return Object.hasOwn(phrases, name) ? (phrases[name]?.(least, most) ?? expected) : expected
}

const nearest = (name: string, names: readonly string[]): string | undefined => {
  const [near] = names
    .map((each) => ({ each, edits: distance(each.toLowerCase(), name.toLowerCase()) }))
    .filter(({ each, edits }) => edits <= (Math.max(each.length, name.length) + 1) / 3)
    .sort((a, b) => a.edits - b.edits)
  return near?.each
}

/** The edit distance: insertions, deletions and replacements of letters that turn one text into the other. */
const distance = (from: string, to: string): number => {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at)
  for (let i = 1; i <= Math.min(from.length, 64); i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[to.length] ?? 0
}

const isReason = (of: unknown): of is Reason => typeof of === 'string' && Object.hasOwn(reasons, of)

/** The words of errors of options. */
export const config = {
  'config/invalid': (about: About) => (isReason(about['of']) ? reasons[about['of']](about) : ['', '']),
  'config/url-failed': ({ said }) => [
    `The url function failed: ${said}`,
    'It is asked again after a wait; look at why it fails.',
  ],
} satisfies Readonly<Record<string, Telling>>
