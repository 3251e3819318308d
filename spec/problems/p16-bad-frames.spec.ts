import fc from 'fast-check'
import { anything } from '../../lib/contract/contract.js'
import { cached } from '../../lib/features/history/index.js'
import { signals } from '../../lib/features/signals/index.js'
import type { ServerFrame } from '../../lib/protocol/frame.js'
import { json } from '../../lib/protocol/json.js'
import { data, Numbers } from '../support/chat.js'
import { codeOf, see, tags } from '../support/seen.js'
import { admits, joined, msg, stage, welcome } from '../support/stage.js'

const deep = '['.repeat(100_000)

/** What no server of this protocol says. */
const hell: readonly (readonly [string, string | Uint8Array])[] = [
  ['nothing', ''],
  ['a truncated frame', '{"t":"joined","ch":1,'],
  ['HTML', '<!doctype html><title>502 Bad Gateway</title>'],
  ['a byte order mark', '\ufeff{"t":"ping","n":1}'],
  ['bytes', new Uint8Array([0, 255, 254])],
  ['a text', '"joined"'],
  ['a number', '7'],
  ['null', 'null'],
  ['true', 'true'],
  ['an empty batch', '[]'],
  ['a batch of nonsense', '[null,7,"x",[],{},[[]],[null],{"t":7},{"t":null}]'],
  ['a nest', `${deep}${deep.replaceAll('[', ']')}`],
  ['half a nest', deep],
  ['a frame without its fields', '{"t":"joined"}'],
  [
    'a frame with wrong fields',
    '{"t":"joined","ch":"1","epoch":7,"first":null,"head":-1,"base":1.5,"recovered":"yes"}',
  ],
  ['a message without its fields', '["m",1]'],
  ['a message with wrong fields', '["m","1",{},[],7,"ana","now"]'],
  ['a message before the first', '["m",1,0,"id","message",["u","s"],1,1]'],
  ['a message of minus one', '["m",1,-1,"id","message",["u","s"],1,1]'],
  ['a message beyond all numbers', '["m",1,1e400,"id","message",["u","s"],1,1]'],
  ['a message beyond whole numbers', '["m",1,9007199254740993,"id","message",["u","s"],1,1]'],
  ['a message for nobody', '["m",99,1,"id","message",["u","s"],1,1]'],
  ['keys twice', '{"t":"ping","t":"pong","n":1}'],
  ['a prototype', '{"__proto__":{"t":"welcome"},"constructor":{"prototype":{"polluted":true}}}'],
  [
    'a message with a prototype',
    '["m",99,1,"id","__proto__",["__proto__","constructor"],1,{"__proto__":{"polluted":true}}]',
  ],
  ['an ack of nothing', '["a","E",0,99,1,1]'],
  ['an ack of a half', '["a","E",0,1]'],
  ['a refusal of nothing', '{"t":"refused","ref":99,"code":"x","message":"x","kind":"terminal"}'],
  ['a frame of a later version', '{"t":"hologram","ch":1}'],
  ['a list of a later version', '["h",1,2,3]'],
  ['a second welcome', json.encode(welcome({ user: 'mallory' }))],
  [
    'a gap of nowhere',
    '{"t":"gap","ch":9,"from":{"epoch":"E","offset":1},"to":{"epoch":"E","offset":2},"because":"lost"}',
  ],
  ['a gap of nonsense', '{"t":"gap","ch":1,"from":null,"to":7,"because":"because"}'],
  ['goodbye without a reason', '{"t":"bye"}'],
  ['the last word without goodbye', '{"t":"bye.done"}'],
  ['an answer to no question', '{"t":"auth.ok","ref":1,"expiresInMs":-5}'],
  ['limits of nothing', '{"t":"limits","limits":{}}'],
]

const inLobby = () => {
  const here = stage(admits)
  const ana = here.client()
  const room = ana.room('lobby', Numbers)
  const [heard, events, faults, state] = [
    see(room.on('message')),
    see(room.messages()),
    see(ana.faults$),
    see(ana.state$),
  ]
  here.time.advanceBy(100)
  return { ...here, ana, room, heard, events, faults, state }
}

describe('a frame from hell', () => {
  it.each(hell)('[P16] [T5] %s: no stream ends, the link stays, the next good frame is delivered', (_, frame) => {
    const { ana, actors, actor, time, heard, events, faults, state } = inLobby()
    const session = see(ana.session$).last()
    actor().raw(frame)
    actor().say(msg(1, 1))
    time.advanceBy(10)
    expect([data(heard.all), data(events.all)]).toEqual([[1], [1]])
    expect([heard.isComplete(), state.last()._tag, actors.length]).toEqual([false, 'Online', 1])
    expect(tags(faults).filter((tag) => tag !== 'BadFrame')).toEqual([])
    for (const { message } of faults.all) expect(message.length).toBeLessThanOrEqual(256)
    expect(see(ana.session$).last()).toEqual(session)
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
    ana.close()
  })

  it('[P16] in the midst of good ones takes none of them along', () => {
    const { ana, actor, time, heard, faults } = inLobby()
    actor().raw(
      `[${json.encode(msg(1, 1))},{"t":"joined"},null,["m",1],${json.encode(msg(1, 2))},{"t":"later"},${json.encode(msg(1, 3))}]`,
    )
    time.advanceBy(10)
    expect(data(heard.all)).toEqual([1, 2, 3])
    expect(tags(faults)).toEqual(['BadFrame', 'BadFrame', 'BadFrame', 'BadFrame'])
    ana.close()
  })

  it('[P16] [RM10] a payload that nests too deep is told at its place, whoever reads it or keeps it; such a signal is dropped', () => {
    const { client, time, actor, timers } = stage(admits)
    const ana = client()
    const room = ana.room('lobby', anything).with(cached(10), signals)
    const heard = [see(room.on('message')), see(ana.room('lobby', Numbers).on('message'))]
    const [signalled, faults] = [see(room.signals('message')), see(ana.faults$)]
    time.advanceBy(100)
    const nest = '['.repeat(50_000) + ']'.repeat(50_000)
    actor().raw(`["m",1,1,"id1","message",["u","s"],1,${nest}]`)
    actor().raw(`["s",1,"message",${nest},["u","s"]]`)
    actor().raw(`[["m",1,2,"id2","message",["u","s"],1,2],["s",1,"message",3,["u","s"]]]`)
    time.advanceBy(100)
    expect(heard.map(({ all }) => data(all))).toEqual([
      ['decode/payload', 2],
      ['decode/payload', 2],
    ])
    expect(signalled.all.map(codeOf)).toEqual([''])
    expect(tags(faults)).toEqual(['BadFrame'])
    ana.close()
    time.advanceBy(0)
    expect(timers()).toBe(0)
  })

  it('[P16] that is too large costs the link, not the client: what it missed is said', () => {
    const { network, client, time, server, end } = oversize()
    const ana = client({ messageBytes: 2_000, random: () => 0 })
    const state = see(ana.state$)
    const heard = see(ana.room('lobby', Numbers).on('message'))
    time.advanceBy(100)
    server(1, 'x'.repeat(3_000))
    time.advanceBy(1_000)
    expect(tags(state).filter((tag) => tag === 'Waiting')).toHaveLength(1)
    expect(state.last()._tag).toBe('Online')
    server(2, 2)
    time.advanceBy(10)
    expect(data(heard.all)).toEqual(['room/gap', 2])
    expect(network.links()).toBe(1)
    ana.close()
    end()
  })

  it('[P16] any text at all: nothing throws, nothing ends but by a close, and the client can be closed', () => {
    const text = fc.oneof(
      fc.json(),
      fc.string(),
      fc.constantFrom(...hell.map(([, frame]) => frame)),
      // Good frames at the wrong time.
      fc
        .constantFrom<ServerFrame>(
          joined({ ch: 1 }),
          joined({ ch: 1 }, { base: 7, head: 9, recovered: false, because: 'truncated' }),
          { t: 'left', ch: 1, code: 'room/kicked', message: '', kind: 'terminal' },
          { t: 'left', ch: 1, code: 'room/busy', message: '', kind: 'retry', retryAfterMs: 5 },
          { t: 'gap', ch: 1, from: { epoch: 'E', offset: 1 }, to: { epoch: 'F', offset: 2 }, because: 'epoch' },
          { t: 'refused', ref: 1, code: 'delivery/busy', message: '', kind: 'retry' },
          { t: 'limits', limits: { ...welcome().limits, joinsPerFrame: 0, messageBytes: 0, unseenBytes: 0 } },
          { t: 'pong', n: 99 },
          msg(1, 1),
          msg(1, 5),
        )
        .map((frame) => json.encode(frame)),
    )
    fc.assert(
      fc.property(fc.array(text, { maxLength: 20 }), (texts) => {
        const { ana, room, actor, time, heard, events, faults, state, timers } = inLobby()
        const sent = see(room.send('message', 1, { withinMs: 1_000 }))
        for (const frame of texts) {
          actor().raw(frame)
          time.advanceBy(2)
        }
        time.advanceBy(1_500)
        expect(tags(faults).filter((tag) => tag !== 'BadFrame')).toEqual([])
        expect([heard.isComplete(), events.isComplete(), state.last()._tag]).toEqual([false, false, 'Online'])
        expect(['Left', 'Right']).toContain(sent.only()._tag)
        ana.close()
        time.advanceBy(0)
        expect([heard.isComplete(), events.isComplete(), state.isComplete(), timers()]).toEqual([true, true, true, 0])
      }),
      { numRuns: 200, seed: 16 },
    )
  })
})

/** A server that may say anything to whoever joins. */
const oversize = () => {
  let head = 0
  const here = stage((frame, to) => {
    if ('t' in frame && frame.t === 'hello') {
      to.say(welcome())
      for (const join of frame.rooms) {
        const asked = join.from && 'offset' in join.from ? join.from.offset : head
        to.say(
          joined(
            join,
            asked < head ? { base: head, head, recovered: false, because: 'truncated' } : { base: head, head },
          ),
        )
      }
    }
  })
  return {
    ...here,
    server: (offset: number, value: unknown) => {
      head = offset
      here.actor().say(msg(here.actor().joins()[0]!.ch, offset, value))
    },
    end: () => here.time.advanceBy(1_000),
  }
}
