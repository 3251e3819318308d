import * as E from '#fp/Either'
import { firstValueFrom } from 'rxjs'
import { history } from '../../lib/features/history/index.js'
import { anything, type Client } from '../../lib/index.js'

const name = 'quiet'
const count = 20

/** Fills a room that nobody is in afterwards. */
export const fill = async (client: Client): Promise<void> => {
  const room = client.room(name, anything)
  for (let n = 0; n < count; n++) await firstValueFrom(room.send('note', n))
}

/** How many of its messages the server no longer has; nothing where it does not answer. */
export const forgotten = async (client: Client, withinMs: number): Promise<number | undefined> => {
  const page = await firstValueFrom(client.room(name, anything).with(history).history({ last: count, withinMs }))
  if (E.isRight(page)) return count - page.right.messages.length
  return page.left.code === 'room/not-found' ? count : undefined
}
