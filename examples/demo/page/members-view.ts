import type { Member, Roster } from '../../../lib/features/presence/index.js'
import type { Result } from '../../../lib/index.js'
import type { Person } from '../contract.js'
import { byId, html, rows, say } from './dom.js'

type Somebody = Member<Person>

const nameOf = ({ state }: Somebody): string => state?.name ?? '…'

/** This tab first, then the others by name. */
const sorted = (members: readonly Somebody[]): readonly Somebody[] =>
  [...members].sort((one, other) => Number(other.isMe) - Number(one.isMe) || nameOf(one).localeCompare(nameOf(other)))

const note = ({ isMe, state, leavingAt }: Somebody, isLive: boolean): string => {
  if (isMe) return isLive ? 'you' : 'you, offline'
  if (leavingAt !== undefined) return 'connection lost'
  return state?.typing && isLive ? 'typing' : ''
}

const typists = (members: readonly Somebody[]): string => {
  const names = members
    .filter(({ isMe, state, leavingAt }) => !isMe && state?.typing && leavingAt === undefined)
    .map(nameOf)
  if (names.length === 0) return ''
  return names.length === 1 ? `${names.join()} is typing …` : `${names.join(' and ')} are typing …`
}

/** Who is here: each with its name, and with a word about it. */
export const membersView = () => {
  const count = byId('many')
  const typing = byId('typing')
  let isLive = true
  const show = rows<Somebody>(
    byId('members'),
    ({ session }) => session,
    () => {
      const name = html('b')
      const word = html('span')
      const node = html('li', {}, html('i', { 'aria-hidden': 'true' }), name, word)
      return {
        node,
        update: (member) => {
          const words = note(member, isLive)
          say(name, nameOf(member))
          say(word, words)
          node.dataset['note'] = words
          node.classList.toggle('away', !isLive || member.leavingAt !== undefined)
        },
      }
    },
  )
  return (roster: Result<Roster<Person>>): void => {
    if (roster._tag === 'Left' || !('members' in roster.right)) return
    const { members } = roster.right
    isLive = roster.right.isLive
    show(sorted(members))
    say(count, `${members.length}`)
    say(typing, isLive ? typists(members) : '')
  }
}
