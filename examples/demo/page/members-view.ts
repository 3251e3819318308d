import { Subject } from 'rxjs'
import type { Member } from '../../../lib/features/presence/index.js'
import type { Person } from '../contract.js'
import { byId, html, rows, say } from './dom.js'

type Somebody = Member<Person>

/** The members of a room. `isLive` is false while this client is offline, and knows only who was there. */
export interface Here {
  readonly members: readonly Somebody[]
  readonly isLive: boolean
}

/** Somebody whom this tab may remove, and wants to. */
export interface Removal {
  readonly user: string
  readonly name: string
}

const nameOf = ({ state }: Somebody): string => state?.name ?? '…'

/** This tab first, then the others by name. */
const sorted = (members: readonly Somebody[]): readonly Somebody[] =>
  [...members].sort((one, other) => Number(other.isMe) - Number(one.isMe) || nameOf(one).localeCompare(nameOf(other)))

const note = ({ isMe, state, leavingAt }: Somebody, isLive: boolean): string => {
  if (isMe) return 'you'
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

/** Who is here: each with its name, with a word about it, and with a button for those who may remove others. */
export const membersView = () => {
  const removal = new Subject<Removal>()
  const count = byId('many')
  const typing = byId('typing')
  let isLive = true
  let mayRemove = false
  const show = rows<Somebody>(
    byId('members'),
    ({ session }) => session,
    () => {
      const name = html('b')
      const word = html('span')
      const button = html('button', { type: 'button' }, 'remove')
      const node = html('li', {}, html('i', { 'aria-hidden': 'true' }), name, word, button)
      let shown: Somebody | undefined
      button.addEventListener('click', () => {
        if (shown) removal.next({ user: shown.user, name: nameOf(shown) })
      })
      return {
        node,
        update: (member) => {
          const words = note(member, isLive)
          shown = member
          button.hidden = !mayRemove || member.isMe
          button.title = `Remove ${nameOf(member)} from this room`
          say(name, nameOf(member))
          say(word, words)
          node.dataset['note'] = words
          node.classList.toggle('away', !isLive || member.leavingAt !== undefined)
        },
      }
    },
  )
  return {
    removal$: removal.asObservable(),
    show: ({ here, mayRemove: may }: { readonly here: Here; readonly mayRemove: boolean }): void => {
      isLive = here.isLive
      mayRemove = may
      show(sorted(here.members))
      say(count, here.members.length === 0 ? '' : `${here.members.length}`)
      say(typing, isLive ? typists(here.members) : '')
    },
  }
}
