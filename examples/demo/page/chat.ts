import { concat, map, merge, mergeMap, type Observable, of, scan } from 'rxjs'
import type { Gap, Message, Receipt, Result, WebSocketError } from '../../../lib/index.js'

/** What is written into the lobby. */
export interface Said {
  readonly key: string
  readonly name: string
  readonly text: string
}

/** What this page has posted, and what became of it. */
export type Post = Said & {
  readonly fate:
    | { readonly _tag: 'Pending' }
    | { readonly _tag: 'Acknowledged' }
    | { readonly _tag: 'Failed'; readonly error: WebSocketError }
}

/** A line of the chat: logged at a position, still on its way, or a place where messages are missing. */
export type Line =
  | { readonly _tag: 'Message'; readonly key: string; readonly message: Message<Said>; readonly post: Post | undefined }
  | { readonly _tag: 'Post'; readonly key: string; readonly post: Post }
  | { readonly _tag: 'Gap'; readonly key: string; readonly gap: Gap }

interface Chat {
  readonly logged: readonly Exclude<Line, { readonly _tag: 'Post' }>[]
  /** By key, in the order in which they were written. */
  readonly posts: ReadonlyMap<string, Post>
}

type Change = (chat: Chat) => Chat

const kept = 300

const withPost = ({ logged, posts }: Chat, post: Post): Chat => ({ logged, posts: new Map(posts).set(post.key, post) })

const heard =
  (result: Result<Message<Said>>): Change =>
  (chat) => {
    const add = (line: Chat['logged'][number]): Chat => ({ ...chat, logged: [...chat.logged, line].slice(-kept) })
    if (result._tag === 'Right') {
      const message = result.right
      return add({ _tag: 'Message', key: message.id, message, post: undefined })
    }
    const { left } = result
    if (left._tag !== 'RoomError' || !left.gap) return chat
    const { gap } = left
    return add({ _tag: 'Gap', key: `gap ${gap.to.epoch} ${gap.to.offset}`, gap })
  }

const fateOf = (result: Result<Receipt>): Post['fate'] =>
  result._tag === 'Right' ? { _tag: 'Acknowledged' } : { _tag: 'Failed', error: result.left }

/** A message of this page is shown where the room has it, under the key that it was posted with. */
const lines = ({ logged, posts }: Chat): readonly Line[] => {
  const isMine = (line: Line) => line._tag === 'Message' && line.message.own && posts.has(line.message.data.key)
  const shown = logged.map((line) => {
    if (line._tag !== 'Message' || !isMine(line)) return line
    const { key } = line.message.data
    return { ...line, key, post: posts.get(key) }
  })
  const back = new Set(shown.map(({ key }) => key))
  const onTheWay = [...posts.values()].filter(({ key }) => !back.has(key))
  return [...shown, ...onTheWay.map((post) => ({ _tag: 'Post' as const, key: post.key, post }))]
}

/** A message that was written here, and the receipt that will come for it. */
export interface Written {
  readonly said: Said
  readonly receipt$: Observable<Result<Receipt>>
}

/**
 * The chat as it is to be shown: the room in its order, then what this page has written and not yet seen there.
 * `dismissed$` takes keys of posts that failed and are not to be shown any more.
 */
export const chat = (
  room$: Observable<Result<Message<Said>>>,
  written$: Observable<Written>,
  dismissed$: Observable<string>,
): Observable<readonly Line[]> =>
  merge(
    room$.pipe(map(heard)),
    posts(written$),
    dismissed$.pipe(
      map((key): Change => ({ logged, posts }) => ({
        logged,
        posts: new Map([...posts].filter(([of]) => of !== key)),
      })),
    ),
  ).pipe(
    scan((chat, change) => change(chat), { logged: [], posts: new Map() } as Chat),
    map(lines),
  )

const posts = (written$: Observable<Written>): Observable<Change> =>
  written$.pipe(
    mergeMap(({ said, receipt$ }) =>
      concat(of<Post['fate']>({ _tag: 'Pending' }), receipt$.pipe(map(fateOf))).pipe(
        map(
          (fate): Change =>
            (chat) =>
              withPost(chat, { ...said, fate }),
        ),
      ),
    ),
  )
