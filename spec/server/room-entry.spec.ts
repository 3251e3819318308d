import type { Put } from '../../lib/protocol/frame.js'
import { plainCrypto } from '../../lib/testing/plain-crypto.js'
import { join } from './support/peer.js'
import { world } from './support/world.js'

const put = (ch: number, of: string, value?: unknown, more: Partial<Put> = {}): Put => ({
  t: 'put',
  ch,
  room: 'r',
  of,
  key: 'info',
  ...(value !== undefined && { value }),
  ...more,
})

const stage = () => {
  const { client, ...others } = world({
    crypto: plainCrypto,
    authenticate: ({ token = '' }) => [{ user: token }],
  })
  return { ...others, ana: client({ token: 'ana' }), ben: client({ token: 'ben' }) }
}

describe('the entry of a room on the wire', () => {
  it('[PR166] a record shows that it has a password, and a join shows the password', () => {
    const { ana, ben, server } = stage()
    ana.send(put(1, 'room', { id: 'c1', password: 'sesame' }, { ifNew: true }))
    ana.send(join(2, 'r', { want: ['messages', 'info'] }))
    expect(ana.all('joined')[0]?.info).toMatchObject({ hasPassword: true })
    expect(ana.all('joined')[0]?.info).not.toHaveProperty('passwordHash')
    ben.send(join(1, 'r'))
    ben.send(join(2, 'r', { password: 'x' }))
    ben.send(join(3, 'r', { password: 'sesame' }))
    expect(ben.all('left')).toMatchObject([
      { ch: 1, code: 'room/password', kind: 'terminal', data: { reason: 'missing' } },
      { ch: 2, code: 'room/password', data: { reason: 'wrong' } },
    ])
    expect(ben.all('joined')).toMatchObject([{ ch: 3 }])
    ana.send(put(3, 'room', { password: null, inviteOnly: true }), put(4, 'room', { password: 7 }))
    expect(ana.all('left')).toMatchObject([{ ch: 4, code: 'room/invalid' }])
    ben.send({ t: 'leave', ch: 3 }, join(6, 'r', { password: 'sesame' }))
    expect(ben.all('left').at(-1)).toMatchObject({ ch: 6, code: 'room/invitation', data: { reason: 'missing' } })
    server.close()
  })

  it('[PR167] an invitation is the value of the answer to its order; one without a value ends all', () => {
    const { ana, ben, server } = stage()
    ana.send(
      put(1, 'room', { id: 'c1', inviteOnly: true }, { ifNew: true }),
      put(2, 'invites', { user: 'ben', uses: 1 }),
    )
    const [, made] = ana.all('put.ok')
    expect(made).toMatchObject({ ch: 2, version: 0, value: expect.stringMatching(/^rxi1\.[\w-]+\.\w+$/) as string })
    const invitation = made?.value as string
    ben.send(join(1, 'r', { invitation }))
    expect(ben.all('joined')).toMatchObject([{ ch: 1 }])
    ben.send(put(2, 'invites', {}), { t: 'leave', ch: 1 })
    ana.send(put(3, 'invites'), put(4, 'invites', { uses: 101 }), put(5, 'invites', {}, { room: 'other' }))
    ben.send(join(3, 'r', { invitation }))
    expect(ben.all('left')).toMatchObject([
      { ch: 2, code: 'room/forbidden' },
      { ch: 3, code: 'room/invitation', data: { reason: 'invalid' } },
    ])
    expect(ana.all('left')).toMatchObject([
      { ch: 4, code: 'room/invalid' },
      { ch: 5, code: 'room/forbidden' },
    ])
    server.close()
  })
})
