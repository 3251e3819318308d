import type { Field } from './field.js'
import { acknowledged, publisher, roomOf } from './wire.js'

/** Fills a room with so many messages of so many bytes; gives its name. */
export const fill = async ({ enter, until }: Field, messages: number, bytes: number): Promise<string> => {
  const room = roomOf('full')
  const peer = await enter()
  if (!peer) return room
  let taken = 0
  peer.hear((text) => {
    taken += acknowledged(text)
  })
  const publish = publisher()
  const data = 'x'.repeat(bytes)
  for (let number = 0; number < messages; number++) peer.say(publish(room, data))
  await until(peer, () => taken >= messages)
  peer.end()
  return room
}
