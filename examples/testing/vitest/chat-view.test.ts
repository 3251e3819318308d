import { rooms } from 'rx-rooms/testing'
import { describe, it } from 'vitest'
import { type ChatView, chatView } from '../chat-view.js'

/** A view as one line of text. */
const drawn = ({ status, lines }: ChatView): string =>
  [
    status,
    ...lines.map((line) =>
      line._tag === 'Missing'
        ? `(${line.count ?? 'some'} missing)`
        : `${line.by}: ${line.text}${line.tick ? ` [${line.tick}]` : ''}`,
    ),
  ].join(' / ')

describe('a chat', () => {
  it('shows what is there, and what is said', () => {
    rooms
      .with({ users: ['ana', 'ben'], rooms: { lobby: [{ event: 'message', data: { text: 'welcome' }, from: 'ben' }] } })
      .run(({ client, server, at, expectTimeline }) => {
        const { view$, say } = chatView(client({ as: 'ana' }), 'lobby')
        server.member('ben').join('lobby').at(1_000).say('message', { text: 'hi' })
        at(2_000, () => say('hello'))
        expectTimeline(view$, { project: drawn }).toBe([
          [0, 'connecting'],
          [4, 'online / ben: welcome'],
          [1_001, 'online / ben: welcome / ben: hi'],
          [2_000, 'online / ben: welcome / ben: hi / me: hello [sent]'],
          [2_002, 'online / ben: welcome / ben: hi / me: hello [delivered]'],
        ])
      })
  })

  it('keeps what is said in an outage, with the tick that is true', () => {
    rooms.with({ users: ['ana', 'ben'] }).run(({ client, server, at, expectTimeline }) => {
      const { view$, say } = chatView(client({ as: 'ana' }), 'lobby')
      at(1_000, () => server.drop())
      at(1_100, () => say('anybody?'))
      server.member('ben').at(1_200).join('lobby').say('message', { text: 'I am' })
      expectTimeline(view$, { project: drawn }).toBe([
        [0, 'connecting'],
        [4, 'online'],
        [1_000, 'offline'],
        [1_100, 'offline / me: anybody? [waiting]'],
        [1_600, 'connecting / me: anybody? [waiting]'],
        [1_604, 'online / ben: I am / me: anybody? [sent]'],
        [1_606, 'online / ben: I am / me: anybody? [delivered]'],
      ])
    })
  })

  it('says where messages are missing', () => {
    rooms.with({ users: ['ana', 'ben'] }).run(({ client, server, at, expectTimeline }) => {
      const { view$ } = chatView(client({ as: 'ana' }), 'lobby')
      const ben = server.member('ben').join('lobby')
      ben.at(1_000).say('message', { text: 'one' })
      at(2_000, () => server.drop())
      ben.at(2_100).say('message', { text: 'two' }).say('message', { text: 'three' })
      at(2_200, () => server.truncate('lobby', { keep: 1 }))
      expectTimeline(view$, { project: drawn }).toBe([
        [0, 'connecting'],
        [4, 'online'],
        [1_001, 'online / ben: one'],
        [2_000, 'offline / ben: one'],
        [2_600, 'connecting / ben: one'],
        [2_604, 'online / ben: one / (1 missing) / ben: three'],
      ])
    })
  })
})
