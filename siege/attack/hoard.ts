import type { Field } from './field.js'
import type { Way } from './peer.js'
import { counter, join, many, occurrences, roomOf } from './wire.js'

/** Joins of one link, more than any user may have. */
const most = 50_000

/** A link that joins as many rooms as it may, and stays. */
export const hoard = async (
  { enter, until, isOver, count }: Field,
  name: string,
  user: string,
  way: Way,
): Promise<void> => {
  const peer = await enter(user, way)
  if (!peer) return
  peer.hear((text) => {
    count('joined', occurrences(text, '"joined"'))
  })
  const ch = counter()
  for (let joins = 0; joins < most && peer.isOpen() && !isOver(); joins += 1_000) {
    const message = many(1_000, () => {
      const number = ch()
      return join(number, roomOf(`${name}-${number}`))
    })
    peer.say(message)
    await until(peer, () => peer.unsent() < 2 ** 20)
  }
  await until(peer, () => false)
}
