// A server and two clients of the packed library, in whatever runtime runs this. Prints what came, as JSON.
import { anything, createClient } from 'rx-rooms'
import { serve } from 'rx-rooms/server'
import { firstValueFrom, take, toArray } from 'rxjs'

const right = (result) => {
  if (result._tag === 'Left') throw new Error(JSON.stringify(result.left))
  return result.right
}
const last = (stream$) =>
  new Promise((done) => stream$.subscribe({ error: () => done('failed'), complete: () => done('done') }))

const server = right(await new Promise((told) => serve({ port: 0, host: '127.0.0.1' }).subscribe(told)))
const [ana, ben] = [1, 2].map(() => createClient({ url: server.url }))
const heard = firstValueFrom(ben.room('lobby', anything).messages().pipe(take(3), toArray()))
right(await firstValueFrom(ben.room('lobby', anything).join()))
const room = ana.room('lobby', anything)
const offsets = []
for (const payload of ['hello', Uint8Array.of(104, 105), 'x'.repeat(300_000)])
  offsets.push(right(await firstValueFrom(room.send('message', payload))).position.offset)
const got = (await heard).map((result) => {
  const { data } = right(result)
  return typeof data === 'string' ? data.length : [...data]
})
const closed = await Promise.all([last(ana.close()), last(ben.close())])
closed.push(await last(server.close()))
console.log(JSON.stringify({ offsets, got, closed }))
