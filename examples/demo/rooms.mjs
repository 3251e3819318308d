import { firstValueFrom } from 'rxjs'
import { memory, serve } from 'rx-rooms/server'

/** Frequent, so that a frozen line is noticed while somebody looks. */
const heartbeat = { intervalMs: 2_000, graceMs: 2_000 }
const drain = { because: 'restart', afterMs: 300, spreadMs: 500, drainMs: 2_000 }

/** Shorter than the defaults, so that one who stays away is seen to leave while somebody looks. */
const presence = { quietMs: 2_000, graceMs: 6_000 }
/** Each tab is a user of its own. This demo believes whoever says a name. */
const authenticate = ({ token }) => [token ? { user: token } : null]

/** The rooms that are there before anybody is. The second gives its password away: it is there to be tried. */
const rooms = {
  lobby: {},
  backstage: { password: 'sesame', metadata: { hint: 'Here it is no secret: sesame' }, listed: ['hint'] },
}

const right = async (result$) => {
  const result = await firstValueFrom(result$)
  if (result._tag === 'Left') throw new Error(result.left.message)
  return result.right
}

const listen = (engine) => right(serve({ port: 0, path: '/rooms', engine, heartbeat, presence, authenticate }))

/** A server that knows nothing but the first rooms. */
const begin = async () => {
  const engine = memory()
  const server = await listen(engine)
  for (const [name, properties] of Object.entries(rooms)) await right(server.rooms.get(name).create(properties))
  return { engine, server }
}

/** The embedded server, and the ways to hurt it. One thing is done at a time. */
export const roomServer = async () => {
  let { engine, server } = await begin()
  let busy = Promise.resolve()

  const inTurn = (task) => {
    const result = busy.then(task)
    busy = result.catch(() => undefined)
    return result
  }
  const stop = async () => {
    const stopped = server
    server = undefined
    if (stopped) await firstValueFrom(stopped.close())
  }

  return {
    port: () => server?.port,
    /** Clients are asked to come back; another listener goes on with the same rooms. */
    restart: () =>
      inTurn(async () => {
        if (server) await firstValueFrom(server.drain(drain))
        await stop()
        server = await listen(engine)
      }),
    /** `reset` ends every socket without a word; then the rooms are gone with the process that held them. */
    kill: (reset) =>
      inTurn(async () => {
        reset()
        await stop()
        engine.close()
        ;({ engine, server } = await begin())
      }),
  }
}
