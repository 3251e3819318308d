import { asksToLook } from './delivery.js'

const signIn =
  'Let the user sign in again, then call connect(): it starts another session if the server lets the user in.'

const remedies: Readonly<Record<string, string>> = {
  'session/expired': 'Call connect(): it starts another session.',
  'session/replaced': 'Call connect() to go on here: it starts another session, the newest, and ends the oldest.',
  'session/revoked': signIn,
  'auth/revoked': signIn,
  'session/superseded': 'Call connect() to go on here: another client has the same instance, and stops then.',
  'room/forbidden': 'Ask for permission; it is tried again on reconnect, with a new token, and by join().',
  'room/kicked':
    'Somebody removed this user; it is not tried again by itself, only by join() or by who lets go and comes back.',
  'room/banned': 'Wait until the ban ends, or ask a moderator to lift it.',
  'room/muted': 'Wait until the mute ends, or ask a moderator to lift it; the room can still be read.',
  'room/closed': 'Use another room: this one is closed.',
  'room/password': 'Ask the user for the password, then call join(admission({ password })).',
  'room/invitation':
    'Ask for another invitation, then call join(admission({ invitation })); data.reason says what is wrong with this one.',
  'room/not-open':
    'Ask who moderates the room for an invitation or a seat, or to open it (its record, and the directory, show open); then call join() again.',
  'room/exists': 'Choose another name, or join the room.',
  'room/refused': 'Read message and data: they are those of the application behind the server.',
  'call/unknown-name': 'Correct the name, or add a handler for it to the option `calls` of the server.',
  'call/forbidden': 'Ask for permission.',
  'call/input': 'Use the same contract at both ends: the server does not accept this input.',
  'call/failed': 'Look for the id of the call in the faults of the server: its handler failed.',
  'call/unknown': 'Look for its effect before you call again: it may have run.',
  'call/lost': 'Look for its effect before you call again: it may have run.',
  'call/late': 'Look for its effect before you call again: it may have run.',
  'call/forgotten': 'Nothing: it has run, but its answer was too large to be kept.',
  'call/nobody': 'Call again once a member answers this call.',
  'call/too-few': 'Call again once more members answer, or need fewer by `until`.',
  'call/too-many': 'Publish a message instead, and let the members answer by messages.',
  'call/gone': 'Call again where its answer matters.',
  'call/cancelled': 'Nothing: it was cancelled before it began.',
  'room/not-found': 'Create the room first, or join without mustExist.',
}

/** The remedy of a server's refusal, whose message is the server's own. */
export const refusalRemedy = (code: string, kind: string): string => {
  if (code.startsWith('delivery/'))
    return kind === 'unknown' ? asksToLook : 'The server will not take it as it is: see its message.'
  return remedies[code] ?? (kind === 'retry' ? 'Nothing to do: it is tried again.' : 'Ask whoever runs the server.')
}
