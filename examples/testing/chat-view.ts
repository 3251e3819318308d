import { type Client, type ConnectionState, type Membership, type Message, type Undelivered } from 'rx-rooms'
import { last } from 'rx-rooms/history'
import { outbox } from 'rx-rooms/observe'
import { collect, type Collected } from 'rx-rooms/operators'
import {
  auditTime,
  combineLatest,
  distinctUntilChanged,
  map,
  merge,
  type Observable,
  scan,
  startWith,
  Subject,
} from 'rxjs'
import { Chat } from './contract.js'

/** A line of the chat. `tick` is there for one's own: what became of it so far. */
export type Line =
  | { readonly _tag: 'Text'; readonly id: string; readonly by: string; readonly text: string; readonly tick?: Tick }
  | { readonly _tag: 'Missing'; readonly count: number | undefined } // prettier-ignore

export type Tick = 'waiting' | 'sent' | 'delivered' | 'failed'

/** What a chat component shows. */
export interface ChatView {
  readonly status: 'offline' | 'connecting' | 'joining' | 'online' | 'refused'
  readonly lines: readonly Line[]
}

export interface ChatViewModel {
  readonly view$: Observable<ChatView>
  readonly say: (text: string) => void
}

interface Draft {
  readonly id: string
  readonly text: string
  readonly failed: boolean
}

type Item = Collected<Message<{ readonly text: string }>>

/** The model behind a chat component: it knows no framework and no socket, so its tests need neither. */
export const chatView = (client: Client, name: string): ChatViewModel => {
  const room = client.room(name, Chat)
  const { outbox$ } = client.with(outbox)
  const said$ = new Subject<Draft>()
  const drafts$ = merge(
    said$.pipe(map((draft) => (drafts: readonly Draft[]) => [...drafts, draft])),
    client.undelivered$.pipe(map(failing)),
  ).pipe(
    scan((drafts, change) => change(drafts), [] as readonly Draft[]),
    startWith([] as readonly Draft[]),
  )
  const collection$ = room.on('message', { from: last(50) }).pipe(collect({ max: 200 }))

  return {
    say: (text) => {
      const { id } = room.post('message', { text })
      said$.next({ id, text, failed: false })
    },
    view$: combineLatest([client.state$, room.membership$, collection$, drafts$, outbox$]).pipe(
      // Once per turn, however many of them changed in it.
      auditTime(0),
      map(([state, membership, { items }, drafts, { entries }]) => {
        const underWay = new Set(entries.filter(({ stage }) => stage === 'inFlight').map(({ id }) => id))
        const there = new Set(items.map((item) => (item._tag === 'Message' ? item.message.id : '')))
        return {
          status: statusOf(state, membership),
          lines: [
            ...items.map(lineOf),
            ...drafts
              .filter(({ id }) => !there.has(id))
              .map(({ id, text, failed }): Line => {
                const tick = failed ? 'failed' : underWay.has(id) ? 'sent' : 'waiting'
                return { _tag: 'Text', id, by: 'me', text, tick }
              }),
          ],
        }
      }),
      distinctUntilChanged((before, now) => JSON.stringify(before) === JSON.stringify(now)),
    ),
  }
}

const failing =
  ({ id }: Undelivered) =>
  (drafts: readonly Draft[]): readonly Draft[] =>
    drafts.map((draft) => (draft.id === id ? { ...draft, failed: true } : draft))

const lineOf = (item: Item): Line => {
  if (item._tag === 'Gap') return { _tag: 'Missing', count: item.gap.missing }
  if (item._tag === 'Unreadable') return { _tag: 'Missing', count: 1 }
  const { id, own, from, data } = item.message
  return { _tag: 'Text', id, by: own ? 'me' : from.user, text: data.text, ...(own ? { tick: 'delivered' } : {}) }
}

const statusOf = (state: ConnectionState, membership: Membership): ChatView['status'] => {
  if (membership._tag === 'Refused') return 'refused'
  if (state._tag === 'Online') return membership._tag === 'In' ? 'online' : 'joining'
  return state._tag === 'Waiting' || state._tag === 'Idle' ? 'offline' : 'connecting'
}
