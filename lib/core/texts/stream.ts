import type { Telling } from './text.js'

/** The words of errors of the operators. */
export const stream = {
  'stream/empty': () => [
    'The stream completed without a result.',
    'Look at what comes before: an operator such as filter or take may have dropped the result.',
  ],
  'stream/failed': ({ said }) => [
    `The stream errored: ${said}`,
    'Streams of rx-rooms never error: look at the operators between them and here.',
  ],
  'stream/aborted': () => ['The signal was aborted.', 'Nothing to do: the caller has aborted it.'],
  'stream/timeout': () => [
    'There was no result within the time of the call.',
    'Give it more time by withinMs. An action goes on: give withinMs to the action to end it.',
  ],
  'stream/overflow': ({ dropped, limit }) => [
    `${dropped} values were dropped: more than ${limit} waited for their reader.`,
    'Read faster, raise `limit`, or take less with latestBy or sample. Messages of a room can be read again by position.',
  ],
} satisfies Readonly<Record<string, Telling>>
