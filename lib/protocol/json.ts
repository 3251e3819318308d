import { clientJson } from './client-json.js'
import type { Codec } from './codec.js'
import { escaped } from './escape.js'

/** The codec that every server speaks: JSON text. */
export const json: Codec<string> = {
  ...clientJson,
  encode: (frame) => {
    if (!('length' in frame)) return JSON.stringify(frame)
    switch (frame[0]) {
      case 'p':
        return JSON.stringify(withEscaped(frame, 8))
      case 'm':
      case 'h':
        return JSON.stringify(withEscaped(frame, 7))
      case 's':
        return JSON.stringify(withEscaped(frame, 3))
      case 'a':
        return JSON.stringify(frame)
    }
  },
  logged: ([t, number], { offset, id, event, from: [user, session], at, data }, extra) => {
    const sender = `[${JSON.stringify(user)},${JSON.stringify(session)}]`
    const rest = extra ? `,${JSON.stringify(extra)}` : ''
    return `["${t}",${number},${offset},${JSON.stringify(id)},${JSON.stringify(event)},${sender},${at},${data}${rest}]`
  },
  stored: (raw) => JSON.stringify(raw ?? null),
}

const withEscaped = (envelope: readonly unknown[], place: number): readonly unknown[] => {
  const data = escaped(envelope[place])
  return data === envelope[place] ? envelope : envelope.map((field, at) => (at === place ? data : field))
}
