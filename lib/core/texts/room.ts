import type { Telling } from './text.js'

const gaps: Readonly<Record<string, string>> = {
  truncated: 'the server no longer had them',
  epoch: 'the server started the room anew',
  forbidden: 'the history may not be read',
  overflow: 'they came faster than they were taken',
  'too-large': 'they are larger than this client takes',
  lost: 'the server skipped them',
}

/** The words of errors of rooms, and of payloads that do not fit. */
export const room = {
  'room/invalid-name': ({ actual, most }) => [`${actual} is not a room's name.`, `Write a text of 1 to ${most} bytes.`],
  'room/timeout': ({ of, room, afterMs }) =>
    of === 'history'
      ? [
          `The history of ${room} did not come within ${afterMs} ms.`,
          'Ask again; look at client.state$ for the connection.',
        ]
      : of === 'order'
        ? [
            `The order for ${room} was not answered within ${afterMs} ms.`,
            'It may have been executed: look at the room, and repeat it; a repeat does no harm.',
          ]
        : [
            `Nobody answered the join of ${room} within ${afterMs} ms.`,
            'The room stays wanted and is tried again; look at client.state$ for the connection.',
          ],
  'room/aborted': ({ room }) => [
    `The signal was aborted before the action in ${room} was answered.`,
    'Nothing to do: the caller has aborted it.',
  ],
  'room/left': ({ room }) => [`${room} was left before the join was answered.`, 'Join again when it is needed.'],
  'room/gap': ({ room, because, missing }) => [
    `${missing === '' ? 'An unknown number of' : missing} messages of ${room} are missing: ${gaps[because as string]}.`,
    because === 'too-large'
      ? 'Raise messageBytes of the client, or send less in one message; what follows is complete again.'
      : 'Load the state anew if it depends on every message; what follows is complete again.',
  ],
  'decode/payload': ({ room, event, path, expected, actual }) => [
    `${room}/${event}${path === '' ? '' : ` at ${path}`}: expected ${expected}, got ${actual}.`,
    'Sender and contract disagree: correct one of them. What comes after this one goes on.',
  ],
  'decode/unsendable': ({ event, path, expected, actual }) => [
    `${event}${path === '' ? '' : ` at ${path}`}: expected ${expected}, got ${actual}.`,
    'Pass what the contract says and JSON can represent; nothing was sent.',
  ],
} satisfies Readonly<Record<string, Telling>>
