import type { Telling } from './text.js'

/** The words of errors of signals. */
export const signals = {
  'delivery/not-in': () => [
    'This client is not in the room.',
    'Hold the room: subscribe to it, or join() it. Signals are never queued.',
  ],
  'delivery/forbidden': () => [
    'The server does not let this user publish there.',
    'See membership$ for what is permitted.',
  ],
  'delivery/unsupported': () => ['The server does not know signals.', 'Send it, or do without.'],
  'delivery/congested': () => ['The socket takes no more at the moment.', 'Signal less, or the latest of it later.'],
} satisfies Readonly<Record<string, Telling>>
