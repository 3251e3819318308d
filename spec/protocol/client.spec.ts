import * as E from '#fp/Either'
import { metrics } from '../../lib/features/observe/index.js'
import type { ClientFrame, Hello, Msg, Pub, ServerFrame } from '../../lib/protocol/frame.js'
import { data, Numbers } from '../support/chat.js'
import { see } from '../support/seen.js'
import { admits, greets, joined, stage, welcome } from '../support/stage.js'
import { joinsOf } from '../support/wire.js'
import { closed } from '../../lib/connection/close-code.js'

const msg = (ch: number, offset: number, prev?: number): Msg =>
  prev === undefined
    ? ['m', ch, offset, `i${offset}`, 'message', ['bob', 's9'], 0, offset]
    : ['m', ch, offset, `i${offset}`, 'message', ['bob', 's9'], 0, offset, { prev }]

const ack = (ref: number, offset: number): ServerFrame => ['a', 'E', 0, ref, offset, 0]

const of = <T extends ClientFrame & { readonly t: string }>(frames: readonly ClientFrame[], t: T['t']): readonly T[] =>
  frames.filter((frame): frame is T => 't' in frame && frame.t === t)

const pubs = (frames: readonly ClientFrame[]): readonly Pub[] => frames.filter((frame): frame is Pub => !('t' in frame))

/** A client that is in the room `a`, and what it is offered there. */
const inRoom = (script = admits, more: Parameters<typeof welcome>[0] = {}) => {
  const scene = stage((frame, actor) => {
    if ('t' in frame && frame.t === 'hello' && Object.keys(more).length > 0) actor.say(welcome(more))
    else script(frame, actor)
  })
  const client = scene.client()
  const room = client.room('a', Numbers)
  const seen = see(room.on('message'))
  scene.time.advanceBy(100)
  return { ...scene, client, room, seen, values: () => data(seen.all) }
}

describe('the client, on the wire', () => {
  it('[PR1] [PR29] [PR34] offers what it speaks, greets first, and counts its links', () => {
    const { network, time, client, actors } = inRoom()
    network.cut()
    time.advanceBy(5_000)
    const hellos = actors.map(({ heard }) => heard()[0] as Hello)
    expect(hellos.map(({ t }) => t)).toEqual(['hello', 'hello'])
    const [first, second] = hellos.map(({ session }) => session)
    expect(second?.instance).toBe(first?.instance)
    expect(second?.generation).toBeGreaterThan(first?.generation ?? Infinity)
    expect(second?.resume).toBe(welcome().session.resume)
    client.close()
  })

  it('[PR5] [PR8] [PR11] drops what it cannot read or does not know, counts it, and goes on', () => {
    const { actor, time, values, client } = inRoom()
    const counts = see(client.with(metrics).metrics$)
    const server = actor()
    server.raw('<html>')
    server.raw(new Uint8Array([1, 2]))
    server.raw('[{"t":"poster","url":"x"},["z",1],{"t":"joined","ch":"x"},["m",1,1],7]')
    server.say(msg(server.joins()[0]?.ch ?? 0, 1))
    time.advanceBy(2_000)
    expect(values()).toEqual([1])
    expect(counts.last()).toMatchObject({ malformedFrames: 5, unknownFrames: 2 })
    expect(server.isOver()).toBe(false)
    client.close()
  })

  it('[PR52] takes what stands behind joined in one message', () => {
    const script: typeof admits = (frame, actor) => {
      greets(frame, actor)
      if (!('t' in frame)) return
      for (const join of frame.t === 'hello' ? frame.rooms : frame.t === 'join' ? [frame] : [])
        actor.say(joined(join), msg(join.ch, 1), msg(join.ch, 2))
    }
    expect(inRoom(script).values()).toEqual([1, 2])
  })

  it('[PR42] [P7] drops what comes for a ch that it has left, and for the join before', () => {
    const { actor, time, seen, room, client } = inRoom()
    const [before] = actor().joins()
    seen.stop()
    time.advanceBy(1_000)
    expect(of(actor().heard(), 'leave')).toEqual([{ t: 'leave', ch: before?.ch }])
    const again = see(room.on('message'))
    time.advanceBy(100)
    const [, after] = actor().joins()
    expect(after?.ch).toBeGreaterThan(before?.ch ?? Infinity)
    actor().say(
      msg(before?.ch ?? 0, 1),
      msg(after?.ch ?? 0, 1),
      { t: 'left', ch: before?.ch ?? 0, code: 'room/closed', message: '', kind: 'terminal' },
      msg(before?.ch ?? 0, 2),
      msg(after?.ch ?? 0, 2),
    )
    time.advanceBy(100)
    expect(data(again.all)).toEqual([1, 2])
    client.close()
  })

  const readers: typeof admits = (frame, actor) => {
    greets(frame, actor)
    for (const join of joinsOf(frame)) actor.say(joined(join, { permissions: ['read'] }))
  }

  it('[PR54] takes each offset once, in order, and tells a hole that nobody told', () => {
    const { actor, time, seen, client } = inRoom(readers)
    const ch = actor().joins()[0]?.ch ?? 0
    actor().say(msg(ch, 1), msg(ch, 1), msg(ch, 4, 1), msg(ch, 3), msg(ch, 7), msg(ch, 8, 5))
    time.advanceBy(100)
    expect(
      seen.all.map((result) =>
        E.isRight(result)
          ? result.right.data
          : 'gap' in result.left
            ? [result.left.gap.because, result.left.gap.missing]
            : result.left.code,
      ),
    ).toEqual([1, 4, ['lost', 2], 7, 8])
    client.close()
  })

  it('[PR46] [PR53] follows a gap to another epoch, and continues there', () => {
    const { actor, network, time, values, client } = inRoom()
    const ch = actor().joins()[0]?.ch ?? 0
    actor().say(
      msg(ch, 1),
      { t: 'gap', ch, from: { epoch: 'E', offset: 1 }, to: { epoch: 'e2', offset: 4 }, because: 'epoch' },
      msg(ch, 5),
    )
    time.advanceBy(100)
    expect(values()).toEqual([1, 'room/gap', 5])
    network.cut()
    time.advanceBy(5_000)
    expect(actor().joins()).toMatchObject([{ room: 'a', from: { epoch: 'e2', offset: 5 } }])
    client.close()
  })

  it('[PR59] repeats what was not answered on the next link, the same but for its ref, and nothing twice on one', () => {
    const { actor, actors, network, time, room, client } = inRoom()
    const results = [1, 2, 3].map((value) => see(room.post('message', value)))
    time.advanceBy(100)
    const first = pubs(actors[0]?.heard() ?? [])
    expect(first.map(([, , , , seq, after]) => [seq, after])).toEqual([[1, 0], [2, 1], [3, 2]]) // prettier-ignore
    actor().say(ack(first[0]?.[1] ?? 0, 1))
    time.advanceBy(100)
    network.cut()
    time.advanceBy(5_000)
    const second = pubs(actor().heard())
    expect(pubs(actors[0]?.heard() ?? [])).toHaveLength(3)
    const entry = ([, , place, producer, seq, , id, event, payload]: Pub) => [place, producer, seq, id, event, payload]
    expect(second.map(entry)).toEqual(first.slice(1).map(entry))
    expect(second.map(([, , , , , after]) => after)).toEqual([0, 2])
    for (const [, ref] of second) actor().say(ack(ref, ref))
    time.advanceBy(100)
    expect(results.map(({ only }) => only()._tag)).toEqual(['Right', 'Right', 'Right'])
    client.close()
  })

  it('[PR61] repeats a lane in its order once all of it has come back', () => {
    const { actor, time, room, client } = inRoom()
    for (const value of [1, 2, 3]) see(room.post('message', value))
    time.advanceBy(100)
    const refuse = (ref: number, code: string, more = {}): ServerFrame => ({
      t: 'refused',
      ref,
      code,
      message: '',
      kind: 'retry',
      ...more,
    })
    const [one, two, three] = pubs(actor().heard()).map(([, ref]) => ref)
    actor().say(refuse(one ?? 0, 'delivery/rate', { retryAfterMs: 500 }))
    time.advanceBy(1_000)
    expect(pubs(actor().heard())).toHaveLength(3)
    actor().say(refuse(two ?? 0, 'delivery/order'), refuse(three ?? 0, 'delivery/order'))
    time.advanceBy(1_000)
    expect(pubs(actor().heard()).slice(3).map(([, , , , seq, after]) => [seq, after])).toEqual([[1, 0], [2, 1], [3, 2]]) // prettier-ignore
    client.close()
  })

  it('[PR64] answers pings at once, with what it has seen', () => {
    const { actor, time, client } = inRoom()
    actor().say({ t: 'ping', n: 5 })
    time.advanceBy(2)
    expect(of(actor().heard(), 'pong')).toEqual([{ t: 'pong', n: 5, seen: 0 }])
    client.close()
  })

  it('[PR67] probes a silent link, and abandons it', () => {
    const { actors, network, time, client } = inRoom(admits, { heartbeat: { intervalMs: 1_000, graceMs: 500 } })
    time.advanceBy(3_000)
    expect(of(actors[0]?.heard() ?? [], 'ping').length).toBeGreaterThan(0)
    network.freeze()
    time.advanceBy(1_600)
    network.thaw()
    time.advanceBy(5_000)
    expect(actors).toHaveLength(2)
    client.close()
  })

  it('[PR69] says what it has seen, all of it, at most once a second', () => {
    const { actor, time, seen, client } = inRoom()
    const ch = actor().joins()[0]?.ch ?? 0
    for (let offset = 1; offset <= 50; offset++) {
      actor().say(msg(ch, offset), msg(ch, offset), msg(99, offset))
      time.advanceBy(100)
    }
    time.advanceBy(2_000)
    const told = of<{ readonly t: 'seen'; readonly n: number }>(actor().heard(), 'seen').map(({ n }) => n)
    expect(told.at(-1)).toBe(150)
    expect(told.length).toBeGreaterThanOrEqual(5)
    expect(told.length).toBeLessThanOrEqual(8)
    expect(seen.all).toHaveLength(50)
    expect((actor().heard()[0] as Hello).can).toContain('seen')
    client.close()
  })

  it('[PR73] writes nothing new after bye, and comes back as it was told', () => {
    const { actor, actors, time, room, client } = inRoom()
    see(room.post('message', 1))
    time.advanceBy(100)
    actor().say(
      { t: 'bye', because: 'restart', reconnect: { afterMs: 3_000, spreadMs: 1_000 }, drainMs: 1_000 },
      { t: 'ping', n: 1 },
    )
    time.advanceBy(10)
    const before = actor().heard().length
    see(room.post('message', 2))
    time.advanceBy(100)
    expect(actor().heard().slice(before)).toEqual([])
    see(client.room('b', Numbers).on('message'))
    const [ref] = pubs(actor().heard()).map(([, number]) => number)
    actor().say(ack(ref ?? 0, 1), { t: 'bye.done' })
    actor().close(1012)
    time.advanceBy(2_900)
    expect(actors).toHaveLength(1)
    time.advanceBy(1_200)
    expect(actors).toHaveLength(2)
    expect(
      actor()
        .joins()
        .map(({ room: name }) => name),
    ).toEqual(['a', 'b'])
    expect(pubs(actor().heard()).map(([, , , , , , , , payload]) => payload)).toEqual([2])
    client.close()
  })

  it.each([
    ['retry', 'server/later', 2],
    ['reauth', 'auth/later', 1],
    ['terminal', 'server/later', 1],
    ['unknown', 'server/later', 2],
  ] as const)('[PR75] acts on the kind of a refusal, whatever its code: %s', (kind, code, links) => {
    let refused = false
    const { actors, time, client } = inRoom((frame, actor) => {
      if (refused || !('t' in frame) || frame.t !== 'hello') admits(frame, actor)
      else {
        refused = true
        actor.say({ t: 'refused', code, message: 'later', kind })
        actor.close(4999)
      }
    })
    time.advanceBy(60_000)
    expect(actors).toHaveLength(links)
    client.close()
  })

  it('[PR76] waits as long as the server says, and a part of the spread', () => {
    let refused = false
    const { actors, time, client } = inRoom((frame, actor) => {
      if (refused || !('t' in frame) || frame.t !== 'hello') admits(frame, actor)
      else {
        refused = true
        const wish = { retryAfterMs: 60_000, spreadMs: 10_000 }
        actor.say({ t: 'refused', code: 'server/busy', message: '', kind: 'retry', ...wish })
        actor.close(1013)
      }
    })
    time.advanceTo(60_000)
    expect(actors).toHaveLength(1)
    time.advanceTo(70_100)
    expect(actors).toHaveLength(2)
    client.close()
  })

  it.each([1000, 1001, 1006, 1012, 4400, 4403, 4408, 4409, 4429, 4999])(
    '[PR77] [P8] goes by the close code where nothing else was said: %d',
    (code) => {
      const { actor, actors, time, client } = inRoom()
      actor().close(code)
      time.advanceBy(60_000)
      expect(actors).toHaveLength(closed(code, '').kind === 'terminal' ? 1 : 2)
      client.close()
    },
  )
})
