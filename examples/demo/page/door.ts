import type { Membership } from '../../../lib/index.js'

/** Why this tab is not in the room that it looks at, and what it can do. */
export interface Door {
  readonly title: string
  readonly words: string
  /** What opens it: a password, or another try. */
  readonly opens: 'password' | 'again'
}

/** The door of a room; `undefined` where it is open. `hasTried`: a password was given. */
export const doorOf = (name: string, membership: Membership, hasTried: boolean): Door | undefined => {
  if (membership._tag !== 'Refused') return undefined
  const { code, message } = membership.error
  if (code === 'room/forbidden')
    return {
      title: `${name} is private`,
      words: hasTried ? 'That was not the password.' : 'It opens with a password.',
      opens: 'password',
    }
  return { title: `You are not in ${name}`, words: message, opens: 'again' }
}
