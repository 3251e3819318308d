import type { Shared } from './connections.js'

/** A session that begins or goes on. */
interface Newcomer {
  readonly user: string
  readonly instance: string
  readonly since: number
}

/**
 * Ends the oldest sessions of a user beyond `sessionsPerUser`. Returns false where the newcomer itself is the oldest: an
 * earlier session that comes back does not end a later one.
 */
export const makeRoom = ({ sessions, context }: Shared, { user, instance, since }: Newcomer): boolean => {
  const { authenticate, sessionsPerUser } = context.settings
  const known = sessions.get(user)
  // Without `authenticate` every client is the same user.
  if (!authenticate || !known || known.size < sessionsPerUser) return true
  const others = [...known].filter((other) => other.instance !== instance).sort((a, b) => a.since - b.since)
  if (others.filter((other) => other.since > since).length >= sessionsPerUser) return false
  const beyond = Math.max(0, others.length + 1 - sessionsPerUser)
  for (const oldest of others.slice(0, beyond)) oldest.end('session/replaced')
  return true
}
