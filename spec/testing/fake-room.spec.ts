import { anything } from '../../lib/contract/contract.js'
import { reasonOf, roomLife } from '../../lib/features/room-life/index.js'
import { rooms } from '../../lib/testing/rooms.js'
import { map } from 'rxjs'
import * as E from '#fp/Either'

describe('server.room', () => {
  it('[NS15] creates, changes and closes a room, and removes and mutes users, each at its time', () => {
    rooms.run(({ client, server, at, expectTimeline, flush }) => {
      const room = client({ as: 'ana' }).room('den', anything).with(roomLife)
      const den = server.room('den')
      at(100, () => {
        den.create({ by: 'ben', capacity: 3 })
      })
      at(200, () => {
        den.update({ capacity: 4 })
      })
      at(300, () => {
        den.mute('ana')
      })
      at(400, () => {
        den.unmute('ana')
      })
      at(500, () => {
        den.kick('ana', { because: 'kick', forMs: 1_000 })
      })
      at(2_000, () => {
        den.ban('ana', { because: 'ban' })
        void room.join()
      })
      at(3_000, () => {
        den.unban('ana')
        void room.join()
      })
      at(4_000, () => {
        den.close({ because: 'close' })
      })
      expectTimeline(room.info$.pipe(map((info) => (E.isRight(info) ? info.right?.capacity : info.left.code)))).toBe([
        [6, undefined],
        [101, 3],
        [201, 4],
        [501, 'room/kicked'],
        [2_002, 'room/banned'],
        [4_001, 'room/closed'],
      ])
      expectTimeline(
        room.membership$.pipe(
          map((member) => {
            if (member._tag === 'Refused') return reasonOf(member.error).because
            return member._tag === 'In' ? member.permissions.join(' ') : member._tag
          }),
        ),
      ).toBe([
        [0, 'Joining'],
        [4, 'read publish history'],
        [301, 'read history'],
        [401, 'read publish history'],
        [501, 'kick'],
        [2_000, 'Recovering'],
        [2_002, 'ban'],
        [3_000, 'Recovering'],
        [3_002, 'read publish history'],
        [4_001, 'close'],
      ])
      flush()
      expect(server.transcript(2_000)).toContain('bans ana from den')
    })
  })
})
