import type { Telling } from './text.js'

const commitReceived = 'Commit the position of a message that was received.'
const unsure: Telling = ({ room }) => [
  `The commit in ${room} was not answered before the caller stopped waiting.`,
  'Nothing to do: a commit cannot be taken back, and the next one covers it.',
]

/** The words of errors of earlier messages, and of commits. */
export const history = {
  'room/no-history': () => [
    'This server gives no history.',
    'Use a later version of the server; what comes next is complete.',
  ],
  'room/busy': ({ of, most }) =>
    of === 'views'
      ? [`The client has ${most} views of the directory already.`, 'End some of them, or use one with a prefix.']
      : [`${most} requests for history are waiting already.`, 'Ask again when some have been answered.'],
  'room/history-gone': ({ room }) => [
    `The log of ${room} is another one than that of the position.`,
    'Ask without `before`.',
  ],
  'room/too-large': ({ room }) => [
    `A page of the history of ${room} has a message that is larger than this client takes.`,
    'Raise messageBytes of the client, or ask for other messages.',
  ],
  'room/history-abandoned': ({ room }) => [`The history of ${room} is not needed any more.`, 'Nothing to do.'],
  'room/invalid-history': ({ fault }) => [
    `${fault}.`,
    'Write history({ last, before }): last is how many messages, before a position, such as `earlier` of a page.',
  ],
  'room/invalid-commit': ({ of, room, actual, fault, offset, reached }) => {
    switch (of) {
      case 'place':
        return [`${actual} does not say which room is meant.`, 'Pass the message: commit(message).']
      case 'room':
        return [`The message is of room ${actual}.`, 'Commit it by the handle of that room.']
      case 'position':
        return [`${fault}.`, commitReceived]
      default:
        return [
          `Position ${offset} of ${room} cannot be committed: messages were offered up to ${reached}.`,
          commitReceived,
        ]
    }
  },
  'room/commit-aborted': unsure,
  'room/commit-timeout': unsure,
  'delivery/undone': ({ room }) => [
    `The message to ${room} was taken back: another one that was posted with the same commit was refused.`,
    'Post all of them again with the commit, after the outbox has emptied.',
  ],
  'room/not-stored': ({ room }) => [
    `The position of ${room} could not be stored.`,
    'Look at client.faults$. If the store failed to write, the client stores the position later by itself. ' +
      'If the store is not used, do what the fault says and create another client.',
  ],
} satisfies Readonly<Record<string, Telling>>
