import type { About, Telling } from './text.js'

/** The remedy for a message that may have arrived. */
export const asksToLook = 'It may or may not have arrived: look at the room before you send it under another id.'

const isSure = ({ executed }: About): boolean => executed === 'no'

/** The words of a message whose client was closed, or changed its user, before a receipt came. */
const unanswered =
  (says: string, remedy: string): Telling =>
  (about) =>
    about['of'] === 'stored'
      ? [`${says} It is stored.`, 'The next client of the same user with this store sends it.']
      : [says, isSure(about) ? `It was never taken. ${remedy}` : asksToLook]

/** The words of errors of messages. */
export const delivery = {
  'delivery/full': ({ bound }) => [
    `The outbox is full: ${bound}.`,
    'Send less, wait for receipts, or raise outbox.entries and outbox.bytes.',
  ],
  'delivery/dropped': () => [
    'The outbox was full, and a newer message took its place.',
    'Send less, or raise outbox.entries and outbox.bytes.',
  ],
  'delivery/superseded': () => [
    'A later message under the same key replaced it before it was written.',
    'Nothing to do: the later one is sent.',
  ],
  'delivery/aborted': (about) => [
    'The signal was aborted before a receipt came.',
    isSure(about) ? 'It was withdrawn: send it again if it still matters.' : asksToLook,
  ],
  'delivery/id-reused': ({ room, id }) => [
    `Another message of ${room} has the id ${id}.`,
    'Give each message an id of its own; only the same event with the same payload may be sent under it again.',
  ],
  'delivery/too-large': ({ of, bytes, limit }) =>
    of === 'signal'
      ? ['The signal is larger than what the server takes.', 'Signal less at once, or raise the limit at the server.']
      : [
          `The message has ${bytes} bytes; the server takes ${limit}.`,
          'Send less in one message, or raise the limit at the server.',
        ],
  'delivery/timeout': (about) => [
    `No receipt came within ${about['afterMs']} ms.`,
    isSure(about) ? 'It was never taken: send it again if it still matters.' : asksToLook,
  ],
  'delivery/closed': unanswered(
    'The client was closed before a receipt came.',
    'Close with { drainMs } to wait for receipts.',
  ),
  'delivery/disowned': unanswered(
    'Another user was signed in before a receipt came.',
    'Sign out with nothing left to send, or use a client per user.',
  ),
  'delivery/taken-over': () => [
    'Another client of this user has taken over what was stored, and sends it, or it was erased.',
    asksToLook,
  ],
  'delivery/unknown': () => [
    'It was first sent longer ago than the server remembers, so it is not sent again.',
    asksToLook,
  ],
  'delivery/poison': () => [
    'Twice the link was closed for what was written on it, and this message alone was in flight.',
    'It is not sent again. Send less in it, or find out what the server, or a proxy before it, does not take.',
  ],
} satisfies Readonly<Record<string, Telling>>
