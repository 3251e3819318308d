import * as E from '#fp/Either'
import type { Codec } from '../../../lib/protocol/codec.js'
import type { Msg } from '../../../lib/protocol/frame.js'
import { json } from '../../../lib/protocol/json.js'
import { codecSuite } from '../../../lib/testing/conformance/codec.js'
import { failing } from '../../support/failing.js'

describe('the JSON codec', () => {
  for (const { name, run } of codecSuite(json)) it(name, run)
})

const utf8 = new TextEncoder()
/** The JSON codec in bytes: another kind of message, with pieces of another kind. */
const bytes: Codec<Uint8Array> = {
  subprotocol: 'rx-rooms.v1.jsonbytes',
  encode: (frame) => utf8.encode(json.encode(frame)),
  carry: (frame, data) => utf8.encode(json.carry(frame, data)),
  logged: (to, message, extra) => utf8.encode(json.logged(to, message, extra)),
  publish: (lane) => {
    const publish = json.publish(lane)
    return (fields, text) => {
      const { piece, bytes } = publish(fields, text)
      return { piece: utf8.encode(piece), bytes }
    }
  },
  signal: (number, event, text, from) => utf8.encode(json.signal(number, event, text, from)),
  size: ({ length }) => length,
  pack: (pieces) => utf8.encode(json.pack(pieces.map((piece) => new TextDecoder().decode(piece))) as string),
  unpack: (data) => (typeof data === 'string' ? E.left('a text') : json.unpack(new TextDecoder().decode(data))),
  payload: json.payload,
  stored: json.stored,
}

describe('a codec of bytes', () => {
  for (const { name, run } of codecSuite(bytes)) it(name, run)
})

/** Faults, with a case that must find each. */
const faults: readonly (readonly [what: string, fault: Partial<Codec<string>>, found: string])[] = [
  ['drops absence', { payload: (raw) => json.payload(raw) ?? null }, '[PR18] brings any payload back, from sender to receiver'],
  ['gives bytes as text', { payload: (raw) => { const given = json.payload(raw); return given instanceof Uint8Array ? String(given) : given } }, '[PR18] brings large bytes back'],
  ['takes every mark for its own', { encode: (frame) => JSON.stringify(frame) }, '[PR19] is not deceived by payloads that look like its marks'],
  ['stores what it makes of a payload, and not the payload', { stored: (raw) => JSON.stringify(json.payload(raw) ?? null) }, '[PR18] brings any payload back, through sender, log and receiver'],
  ['packs in another order', { pack: (pieces) => json.pack([...pieces].reverse()) }, '[PR3] packs one envelope, and many in their order'],
  ['unpacks the first alone', { unpack: (data) => E.map((all: readonly unknown[]) => all.slice(0, 1))(json.unpack(data)) }, '[PR3] packs one envelope, and many in their order'],
  ['takes a single array for many', { unpack: (data) => { const all = json.unpack(data); return E.isRight(all) && all.right.length === 1 && Array.isArray(all.right[0]) ? E.right(all.right[0] as unknown[]) : all } }, '[PR4] brings every frame back'],
  ['throws at what it cannot read', { unpack: (data) => E.right([JSON.parse(data as string)].flat(0)) }, '[PR5] answers any message at all, and takes no other kind than it gives'],
  ['reads what is cut off', { unpack: (data) => { const all = json.unpack(data); return E.isLeft(all) && typeof data === 'string' ? E.right([]) : all } }, '[PR5] answers any message at all, and takes no other kind than it gives'],
  ['names the first room alone', { logged: ([t], message, extra) => json.logged([t, 1], message, extra) }, '[PR22] encodes a payload that is text already as if it had been encoded'],
  ['forgets what came before', { logged: (to, message) => json.logged(to, message) }, '[PR22] encodes a payload that is text already as if it had been encoded'],
  ['encodes a text that is encoded', { publish: (lane) => (fields, text) => json.publish(lane)(fields, JSON.stringify(text)) }, '[PR22] publishes a payload that is text already as if it had been encoded'],
  ['signals without a sender', { signal: (number, event, text) => json.signal(number, event, text) }, '[PR22] signals a payload that is text already as if it had been encoded'],
  ['carries a text that is encoded', { carry: (frame, data) => json.carry(frame, JSON.stringify(data)) }, '[PR22] carries data that is text already as if it had been encoded'],
  ['counts characters', { size: ({ length }) => length }, '[PR23] tells the size of a piece in bytes'],
  ['has no version', { subprotocol: 'json' }, '[PR1] names the version and itself in its subprotocol'],
  ['packs with much air', { pack: (pieces) => json.pack(pieces).toString().replaceAll('],[', `],${' '.repeat(50)}[`) }, '[PR23] packs many in no more than their sizes and a few bytes for each'],
  ['forgets a field', { encode: (frame) => json.encode('length' in frame && frame[0] === 'm' ? (frame.slice(0, 8) as unknown as Msg) : frame) }, '[PR4] brings every frame back'],
] // prettier-ignore

describe('a codec that', () => {
  it.each(faults)('[CF5] %s is found', async (_, fault, found) => {
    const failed = await failing(codecSuite({ ...json, ...fault }), found)
    expect(failed.map(({ name }) => name)).toContain(found)
  })
})
