import * as E from '#fp/Either'
import { firstValueFrom } from 'rxjs'
import * as t from 'io-ts'
import { type Client, contract, createClient, type Room, tokens } from '../../lib/index.js'
import type { GoodReport, Phase } from '../run/talk.js'
import { sleep } from '../run/wait.js'
import { awaited } from './awaited.js'
import { newcomers } from './newcomers.js'
import { fill, forgotten } from './quiet.js'
import { stopwatch } from './times.js'

const Beat = contract({
  events: { beat: t.strict({ id: t.string, phase: t.union([t.literal('calm'), t.literal('attack')]), at: t.number }) },
})

export interface Crowd {
  /** Everybody is in all their rooms. */
  readonly ready: () => Promise<void>
  readonly begin: (phase: Phase) => void
  readonly end: (withinMs: number) => Promise<GoodReport>
}

const now = (): number => performance.now()

/** Each client publishes about once in so many ms. */
const everyMs = 1_000

/** The rooms of a client, about three, with about ten members each. */
const roomsOf = (client: number, clients: number): ReadonlySet<string> => {
  const rooms = Math.max(2, Math.ceil((clients * 3) / 10))
  return new Set([client, client * 7 + 1, client * 13 + 2].map((number) => `good-${number % rooms}`))
}

/** Clients that do nothing wrong. */
export const crowd = (url: string, count: number): Crowd => {
  const watch = stopwatch(now)
  const due = awaited()
  const losses = { gaps: 0, undelivered: 0, lostLinks: 0 }
  const members = new Map<string, number>()
  const joined: Promise<void>[] = []
  const clients: Client[] = []
  const starts: (() => void)[] = []
  let phase: Phase = 'calm'
  let sent = 0
  let isPublishing = true
  let isWatched = false

  const listen = (room: Room<typeof Beat>, name: string): void => {
    members.set(name, (members.get(name) ?? 0) + 1)
    room.on('beat').subscribe((result) => {
      if (E.isLeft(result)) losses.gaps++
      else {
        const { data } = result.right
        due.delivered(data.id)
        watch.delivered(data.phase, now() - data.at)
      }
    })
    joined.push(
      firstValueFrom(room.join({ withinMs: 30_000 })).then((result) => {
        if (E.isLeft(result)) throw new Error(result.left.message)
      }),
    )
  }
  const publish = (room: Room<typeof Beat>, name: string): void => {
    const id = `${++sent}`
    due.published(id, members.get(name) ?? 0)
    room.send('beat', { id, phase, at: now() }).subscribe((result) => {
      if (E.isRight(result)) return
      due.failed(id)
      losses.undelivered++
    })
  }
  const live = (number: number): void => {
    const client = createClient({ url, token: tokens(() => `good-${number}`) })
    clients.push(client)
    let isOnline = false
    client.state$.subscribe(({ _tag }) => {
      if (isOnline && _tag !== 'Online' && isWatched) losses.lostLinks++
      isOnline = _tag === 'Online'
    })
    const rooms = [...roomsOf(number, count)].map((name) => ({ name, room: client.room(name, Beat) }))
    for (const { name, room } of rooms) listen(room, name)
    const next = (ms: number): void => {
      setTimeout(() => {
        const chosen = rooms[Math.floor(Math.random() * rooms.length)]
        if (isPublishing && isWatched && chosen) publish(chosen.room, chosen.name)
        if (isPublishing) next(everyMs * (0.5 + Math.random()))
      }, ms)
    }
    // Each client publishes soon after the calm has begun, however short it is.
    starts.push(() => {
      next(everyMs * 0.25 * Math.random())
    })
  }
  for (let number = 0; number < count; number++) live(number)
  const keeper = createClient({ url, token: tokens(() => 'keeper') })
  let later: ReturnType<typeof newcomers> | undefined

  return {
    ready: async () => {
      await Promise.all([...joined, fill(keeper)])
    },
    begin: (next) => {
      phase = next
      watch.begin(next)
      isWatched = true
      later ??= newcomers(url)
      for (const start of starts.splice(0)) start()
    },
    end: async (withinMs) => {
      isPublishing = false
      later?.stop()
      const deadline = now() + withinMs
      while (due.missing() > 0 && now() < deadline) await sleep(50)
      const times = { calm: watch.times('calm'), attack: watch.times('attack') }
      isWatched = false
      const gone = withinMs > 0 ? await forgotten(keeper, 5_000) : undefined
      return {
        ...times,
        sent,
        newcomers: later?.came() ?? 0,
        losses: {
          ...losses,
          missing: due.missing(),
          forgotten: gone ?? 0,
          turnedAway: later?.turnedAway() ?? 0,
        },
      }
    },
  }
}
