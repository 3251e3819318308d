import { filter, map, merge, type Observable, scan } from 'rxjs'
import type { OutboxState, Stage } from '../../../lib/features/observe/index.js'
import type { Gap, Message, Result, Undelivered, WebSocketError } from '../../../lib/index.js'
import { type Said, isSaid } from '../contract.js'

/** What became of something that this tab's user wrote. `queued`: not in the browser's store yet. */
export type Fate =
  | { readonly _tag: 'Waiting'; readonly stage: Stage }
  | { readonly _tag: 'Sent' }
  | { readonly _tag: 'Failed'; readonly error: WebSocketError }

/** A line of the chat: something said, in its place in the room or on its way there; or messages that are missing. */
export type Line =
  | {
      readonly _tag: 'Said'
      readonly id: string
      readonly said: Said
      readonly message: Message<Said> | undefined
      /** Of one's own lines. */
      readonly fate: Fate | undefined
    }
  | { readonly _tag: 'Gap'; readonly id: string; readonly gap: Gap }

type Logged =
  | { readonly _tag: 'Message'; readonly id: string; readonly message: Message<Said> }
  | Extract<Line, { readonly _tag: 'Gap' }>

interface Post {
  readonly said: Said
  readonly fate: Fate
}

interface Chat {
  readonly logged: readonly Logged[]
  /** What this tab, or an earlier run of it, has written, by id. */
  readonly posts: ReadonlyMap<string, Post>
}

type Change = (chat: Chat) => Chat

/** Lines that are kept. */
const most = 300

const heard =
  (result: Result<Message<Said>>): Change =>
  (chat) => {
    const add = (line: Logged): Chat => ({ ...chat, logged: [...chat.logged, line].slice(-most) })
    if (result._tag === 'Right') return add({ _tag: 'Message', id: result.right.id, message: result.right })
    const { left } = result
    if (left._tag !== 'RoomError' || !left.gap) return chat
    const { gap } = left
    return add({ _tag: 'Gap', id: `gap ${gap.to.epoch} ${gap.to.offset}`, gap })
  }

/** What the outbox holds is on its way; what it holds no longer was sent, unless it is said to have failed. */
const held =
  (room: string, { entries }: OutboxState): Change =>
  ({ logged, posts }) => {
    const waiting = new Map(
      entries
        .filter((entry) => entry.room === room)
        .flatMap(({ id, data, stage }) =>
          isSaid(data) ? [[id, { said: data, fate: { _tag: 'Waiting', stage } }] as [string, Post]] : [],
        ),
    )
    const sent = [...posts].map(([id, { said, fate }]): [string, Post] => [
      id,
      { said, fate: fate._tag === 'Waiting' ? { _tag: 'Sent' } : fate },
    ])
    return { logged, posts: new Map([...sent, ...waiting]) }
  }

const failed =
  ({ id, error }: Undelivered): Change =>
  ({ logged, posts }) => {
    const post = posts.get(id)
    return { logged, posts: post ? new Map(posts).set(id, { ...post, fate: { _tag: 'Failed', error } }) : posts }
  }

const written =
  ({ id, said }: Written): Change =>
  ({ logged, posts }) => ({
    logged,
    posts: new Map(posts).set(id, { said, fate: { _tag: 'Waiting', stage: 'queued' } }),
  })

const dismissed =
  (id: string): Change =>
  ({ logged, posts }) => ({ logged, posts: new Map([...posts].filter(([of]) => of !== id)) })

/** A message of this user is shown where the room has it, with what is known of its way there. */
const lines =
  (user: string) =>
  ({ logged, posts }: Chat): readonly Line[] => {
    const there = new Set(logged.map(({ id }) => id))
    const shown = logged.map((line): Line => {
      if (line._tag === 'Gap') return line
      const { id, message } = line
      const isOwn = message.from.user === user
      return {
        _tag: 'Said',
        id,
        said: message.data,
        message,
        fate: isOwn ? (posts.get(id)?.fate ?? { _tag: 'Sent' }) : undefined,
      }
    })
    const onTheWay = [...posts].filter(([id]) => !there.has(id))
    return [
      ...shown,
      ...onTheWay.map(([id, { said, fate }]): Line => ({ _tag: 'Said', id, said, message: undefined, fate })),
    ]
  }

/** Something that was written just now, under the id of its message. */
export interface Written {
  readonly id: string
  readonly said: Said
}

/** What a chat is made of. */
export interface Sources {
  readonly room: string
  readonly user: string
  readonly messages$: Observable<Result<Message<Said>>>
  readonly outbox$: Observable<OutboxState>
  readonly undelivered$: Observable<Undelivered>
  readonly written$: Observable<Written>
  /** Ids of lines that failed and are not to be shown any more. */
  readonly dismissed$: Observable<string>
}

/** The chat as it is to be shown: the room in its order, then what is on its way there. */
export const chat = (sources: Sources): Observable<readonly Line[]> => {
  const { room, user, messages$, outbox$, undelivered$, written$, dismissed$ } = sources
  return merge(
    messages$.pipe(map(heard)),
    written$.pipe(map(written)),
    outbox$.pipe(map((state) => held(room, state))),
    undelivered$.pipe(
      filter((one) => one.room === room),
      map(failed),
    ),
    dismissed$.pipe(map(dismissed)),
  ).pipe(
    scan((before, change: Change) => change(before), { logged: [], posts: new Map() } as Chat),
    map(lines(user)),
  )
}
