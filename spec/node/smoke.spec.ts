import * as E from '#fp/Either'
import WebSocket from 'ws'
import { firstValueFrom } from 'rxjs'
import { serve } from '../../lib/node/index.js'
it('smoke', async () => {
  const r = await new Promise<any>((res) => { const s = serve({ port: 0 }).subscribe((r) => res({ r, s })) })
  const { r: { right: server }, s } = r
  console.log(server.url)
  const ws = new WebSocket(server.url, 'rx-rooms.v1.json')
  const got: string[] = []
  ws.on('message', (d) => got.push(d.toString()))
  await new Promise((r) => ws.on('open', r))
  ws.send(JSON.stringify({ t: 'hello', can: [], session: { instance: 'x', generation: 1 }, rooms: [{ t: 'join', ch: 1, room: 'r', want: ['messages'] }] }))
  server.publish('r', 'e', { x: 1 }).subscribe((r: unknown) => console.log(JSON.stringify(r)))
  await new Promise((r) => setTimeout(r, 300)); console.log(got, server.metrics())
  const second = await firstValueFrom(serve({ port: server.port }))
  console.log(JSON.stringify(second))
  const t = Date.now()
  const closed = new Promise((r) => ws.on('close', (c, why) => r([c, why.toString()])))
  await new Promise<void>((r) => server.close().subscribe({ complete: r }))
  console.log(await closed, Date.now() - t, got)
  console.log(process.getActiveResourcesInfo())
})
