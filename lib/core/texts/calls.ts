import type { Telling } from './text.js'

const asksToLook = 'Look for its effect before you call again: it may have run.'

/** The words of errors of calls. */
export const calls = {
  'call/unsupported': ({ call }) => [
    `The server takes no calls, so ${call} cannot run.`,
    'Give the server the option `calls`; a command also needs an engine that remembers commands.',
  ],
  'call/unknown-name': ({ call }) => [
    `The contract has no call ${call}.`,
    'Add it to the `calls` of the contract at both ends, or correct the name.',
  ],
  'call/aborted': ({ call, executed }) => [
    `${call} was aborted by its signal.`,
    executed === 'no' ? 'Nothing to do: it was not sent.' : asksToLook,
  ],
  'call/busy': ({ call, most }) => [
    `${call} was not sent: ${most} calls of this client wait for their answers.`,
    'Call again once some of them are answered, or merge fewer of them.',
  ],
  'call/failed': ({ call }) => [`The server answered ${call} without a value.`, asksToLook],
  'call/late': ({ call, afterMs, executed }) => [
    `No answer to ${call} came within ${afterMs} ms.`,
    executed === 'no' ? 'It was not sent: call again, or allow more time by `withinMs`.' : asksToLook,
  ],
  'call/idle': ({ call, afterMs }) => [
    `The stream ${call} had no reply for ${afterMs} ms.`,
    'Call again, or allow longer pauses by `idleMs`.',
  ],
  'call/lost': ({ call, of }) =>
    of === 'gap'
      ? [`Replies of the stream ${call} are missing.`, 'Read what they were about anew; the stream goes on.']
      : [`The connection ended before ${call} was answered.`, asksToLook],
  'call/declared': ({ call, error }) => [
    `${call} answered with its error ${error}.`,
    'Read `error` and `value`: the contract declares them.',
  ],
  'call/too-large': ({ call, limit }) => [
    `The input of ${call} is larger than the ${limit} bytes that the server takes.`,
    'Send less, or raise `limits.messageBytes` of the server.',
  ],
} satisfies Readonly<Record<string, Telling>>
