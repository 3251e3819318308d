import { type AddressInfo } from 'node:net'
import WebSocket, { WebSocketServer } from 'ws'
import { createClient } from '../../lib/index.js'
import { metrics } from '../../lib/features/observe/index.js'
import { started, stopAll } from '../node/support.js'
import { Chat, texts } from '../support/chat.js'
import { codeOf, left, right, see, tags } from '../support/seen.js'
import { admits, type Script, stage } from '../support/stage.js'
import { until } from '../support/until.js'

/** A server, or something before it, that closes at a publish of `poison` with a code, and may say why before. */
const allergic =
  (code: number, said: string): Script =>
  (frame, actor) => {
    admits(frame, actor)
    if ('t' in frame || frame[0] !== 'p') return
    const [, ref, , , seq, , , , data] = frame
    if ((data as { readonly text: string }).text.startsWith('poison')) {
      if (said !== '') actor.say({ t: 'refused', code: said, message: said, kind: 'terminal' })
      actor.close(code)
    } else if (!actor.isOver()) actor.say(['a', 'E', 0, ref, seq, 1_000])
  }

describe('a message that something on the way does not take', () => {
  it.each([
    [1003, ''],
    [1007, ''],
    [1009, ''],
    [1009, 'protocol/too-large'],
  ])(
    '[PR101] [P20] closed with %i %s: it costs two attempts, is told, and everything else is delivered in order',
    (code, said) => {
      const { client, time, actors, timers } = stage(allergic(code, said))
      const ana = client()
      const undelivered = see(ana.undelivered$)
      const states = see(ana.state$)
      const lobby = ana.room('lobby', Chat)
      // Larger than a hello: where size is the matter, only what is larger than all else is to blame.
      const poison = `poison ${'x'.repeat(200)}`
      const sent = ['a', poison, 'b', 'c'].map((text) => see(lobby.send('message', { text })))
      const posted = see(lobby.post('message', { text: `${poison} too` }))
      time.advanceBy(60_000)
      expect(sent.map((each) => codeOf(each.only()))).toEqual(['', 'delivery/poison', '', ''])
      expect(left(sent[1]!.only())).toMatchObject({ executed: 'unknown', kind: 'terminal' })
      expect(undelivered.all).toMatchObject([{ room: 'lobby', error: { code: 'delivery/poison' } }])
      expect(codeOf(posted.only())).toBe('delivery/poison')
      // One close where both were in flight, then two for each: the next link stays.
      expect(actors).toHaveLength(1 + 2 * 2 + 1)
      expect(tags(states).at(-1)).toBe('Online')
      expect(see(ana.with(metrics).metrics$).last()).toMatchObject({ quarantined: 2, undelivered: 2, acknowledged: 3 })
      ana.close()
      time.advanceBy(0)
      expect(timers()).toBe(0)
    },
  )

  it('[OB18] [P20] a close that no message is to blame for gives up nothing: less goes into one message from then on', () => {
    const most = 9_000
    const sizes: number[] = []
    const { client, network, time, actors } = stage((frame, actor) => {
      admits(frame, actor)
      if (!('t' in frame) && frame[0] === 'p') actor.say(['a', 'E', 0, frame[1], frame[4], 1_000])
    })
    network.frames$.subscribe(({ direction, data }) => {
      if (direction === 'up' && data.length > most) network.cut(1009)
      if (direction === 'up') sizes.push(data.length)
    })
    const ana = client()
    for (let n = 0; n < 400; n++) see(ana.room(`a room with a long name ${'x'.repeat(60)} ${n}`, Chat).join())
    const sent = Array.from({ length: 60 }, (_, n) =>
      see(ana.room(`${n % 3}`, Chat).send('message', { text: 'x'.repeat(500) })),
    )
    time.advanceBy(120_000)
    expect(sent.map((each) => codeOf(each.only()))).toEqual(sent.map(() => ''))
    expect(Math.max(...sizes)).toBeGreaterThan(30_000)
    expect(sizes.slice(-10).every((size) => size <= most)).toBe(true)
    expect(actors.length).toBeLessThan(8)
    expect(see(ana.with(metrics).metrics$).last()).toMatchObject({ quarantined: 0, undelivered: 0 })
    ana.close()
    time.advanceBy(0)
  })

  it('[OB17] [P20] what this side did not take convicts nothing that it has sent', () => {
    const { client, time } = stage((frame, actor) => {
      admits(frame, actor)
      if (!('t' in frame)) actor.raw('x'.repeat(1_000))
    })
    const ana = client({ messageBytes: 900, outbox: { ageMs: 30_000 } })
    const sent = see(ana.room('lobby', Chat).send('message', { text: 'innocent' }))
    time.advanceBy(30_000)
    expect(left(sent.only())).toMatchObject({ code: 'delivery/timeout' })
    ana.close()
    time.advanceBy(0)
  })

  it('[P20] over real sockets: a proxy that takes less than the server', async () => {
    const { server } = await started()
    const proxy = new WebSocketServer({ host: '127.0.0.1', port: 0, maxPayload: 2_000 })
    let links = 0
    proxy.on('connection', (near, request) => {
      links++
      const far = new WebSocket(`ws://127.0.0.1:${server.port}`, request.headers['sec-websocket-protocol'], {
        perMessageDeflate: false,
      })
      const early: string[] = []
      near.on('message', (data: Buffer) => {
        if (far.readyState === WebSocket.OPEN) far.send(data.toString())
        else early.push(data.toString())
      })
      far.on('open', () => {
        for (const data of early) far.send(data)
      })
      far.on('message', (data: Buffer) => {
        near.send(data.toString())
      })
      near.on('close', () => far.close())
      near.on('error', () => undefined)
      far.on('error', () => undefined)
    })
    await until('the proxy listens', () => proxy.address() !== null)
    const { port } = proxy.address() as AddressInfo
    const ana = createClient({ url: `ws://127.0.0.1:${port}`, backoff: { floorMs: 5, firstMs: 10, capMs: 20 } })
    const lobby = ana.room('lobby', Chat)
    const heard = see(lobby.on('message'))
    const undelivered = see(ana.undelivered$)
    await until('the room is open', () => see(ana.state$).last()._tag === 'Online')
    for (const text of ['a', 'x'.repeat(3_000), 'b']) lobby.post('message', { text })
    const after = see(lobby.send('message', { text: 'c' }))
    await until('the rest is delivered', () => heard.all.length === 3 && after.all.length === 1)
    expect([texts(heard.all), right(after.only()).position.offset]).toEqual([['a', 'b', 'c'], 3])
    await until('what was too large is told', () => undelivered.all.length === 1)
    expect(undelivered.all[0]!.error).toMatchObject({ code: 'delivery/poison', executed: 'unknown' })
    expect(links).toBeLessThanOrEqual(4)
    ana.close()
    await until('the client is closed', () => see(ana.state$).last()._tag === 'Closed')
    proxy.close()
  })

  afterEach(stopAll)
})
