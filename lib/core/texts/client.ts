import type { Telling } from './text.js'

/** The words of errors of the calls of a client, and of its end. */
export const client = {
  'connection/client-closed': () => ['The client is closed.', 'Create another client.'],
  'connection/defect': ({ said }) => [
    `rx-rooms failed: ${said}`,
    'This is a defect of rx-rooms: please report it. Create another client to go on.',
  ],
  'connection/disconnected': () => ['The client was disconnected before it was online.', 'Call connect() again.'],
  'connection/aborted': () => [
    'The signal was aborted before there was an answer.',
    'Nothing to do: the caller has aborted it. The client itself goes on as it was told.',
  ],
  'connection/timeout': () => [
    'There was no answer within the time of the call.',
    'The client itself goes on: look at client.state$, or call again with a larger withinMs.',
  ],
  'session/not-erased': ({ because, said }) => [
    `What is stored could not be erased (${because}): ${said}`,
    'Erase it by the store: store.erase({ url, user }), or clear the site data.',
  ],
} satisfies Readonly<Record<string, Telling>>
