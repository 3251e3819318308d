import * as E from '#fp/Either'
import { unescaped } from '../protocol/payload.js'
import type { Cancel, Context } from './context.js'
import { fifo, type Fifo } from './fifo.js'
import { decide } from './ask-hook.js'
import type { DecidingHook, HookMessage } from './hooks.js'
import type { Publication } from './publisher.js'
import { refusal } from './refusal.js'

/** The messages of one session that the application decides on. */
export interface MessageHook {
  /** Asks about a message. Passes it on in its place among those of its room, or refuses it. */
  readonly put: (publication: Publication) => void
  /** Cancels the questions, and returns the messages that have no answer. */
  readonly close: () => readonly Publication[]
}

/** A message in its place. Once it is decided, it waits for those before it. */
interface Asked {
  readonly publication: Publication
  cancel?: Cancel
  decided?: Publication | 'refused'
}

/** `pass` takes a message that is accepted, or refused for good: then its entry holds the refusal. */
export const messageHook = (
  context: Context,
  hook: DecidingHook<HookMessage>,
  pass: (publication: Publication) => void,
): MessageHook => {
  const rooms = new Map<string, Fifo<Asked>>()

  const drain = (room: string, queue: Fifo<Asked>): void => {
    for (let first = queue.first(); first?.decided; first = queue.first()) {
      queue.take()
      if (first.decided !== 'refused') pass(first.decided)
    }
    if (queue.size() === 0) rooms.delete(room)
  }
  return {
    put: (publication) => {
      const { room, entry, source } = publication
      const queue = rooms.get(room) ?? fifo<Asked>()
      rooms.set(room, queue)
      // A message that is refused already keeps its place among the others.
      if (entry.refusal) {
        queue.put({ publication, decided: publication })
        drain(room, queue)
        return
      }
      const { id, event, from, data } = entry
      const said: HookMessage = {
        room,
        user: entry.user,
        session: from[1],
        id,
        event,
        data: unescaped(JSON.parse(data)),
      }
      const asked: Asked = { publication }
      queue.put(asked)
      asked.cancel = decide(context, 'message', hook, said, (answer) => {
        if (E.isLeft(answer)) {
          asked.decided = 'refused'
          source.refused(publication, refusal('delivery/unchecked'))
        } else
          asked.decided = answer.right
            ? { ...publication, entry: { ...entry, data: '', refusal: refusal('delivery/refused', answer.right) } }
            : publication
        drain(room, queue)
      })
    },
    close: () => {
      const open = [...rooms.values()].flatMap((queue) => queue.items()).filter(({ decided }) => decided !== 'refused')
      rooms.clear()
      return open.map(({ cancel, publication }) => {
        cancel?.()
        return publication
      })
    },
  }
}
