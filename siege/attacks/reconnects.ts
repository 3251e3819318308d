import type { Attack } from '../attack/attack.js'
import { defaultBudgets } from '../../lib/server/budget.js'
import { acknowledged, publisher, roomOf } from '../attack/wire.js'

const batchSize = 100
const { perSecond, burst } = defaultBudgets.user.publishes

export const reconnects: Attack = {
  description:
    'measures the publishes a second of 10 loops that connect, publish 100 and go, against the announced limit',
  run: async ({ repeat, enter, until, count }) =>
    repeat(10, async (number) => {
      const peer = await enter()
      if (!peer) return
      const publish = publisher()
      let answered = 0
      peer.hear((text) => {
        const accepted = acknowledged(text)
        count('accepted', accepted)
        answered += accepted + text.split('"refused"').length - 1
      })
      for (let n = 0; n < batchSize; n++) peer.say(publish(roomOf(number), 'x'))
      const deadline = performance.now() + 500
      await until(peer, () => answered >= batchSize || performance.now() > deadline)
      peer.end()
    }),
  excess: ({ accepted = 0 }, seconds) => {
    const most = burst + perSecond * (seconds + 1)
    return accepted > most
      ? `${accepted} publishes were accepted, ${perSecond} a second and ${burst} at once are announced`
      : undefined
  },
}
