import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import * as E from '#fp/Either'
import { closed } from '../../lib/connection/close-code.js'
import { bounds } from '../../lib/protocol/frame.js'
import * as clients from '../../lib/protocol/client-frames.js'
import * as kinds from '../../lib/protocol/kind.js'
import type { Read } from '../../lib/protocol/read.js'
import { readServer as readCore, serverTable } from '../../lib/protocol/server-frames.js'
import { askTable, readQuestion } from '../../lib/protocol/ask-frames.js'
import { because, callTable, readReply } from '../../lib/protocol/call-frames.js'
import { readTable, tablePlace, tableTable, tableTotal } from '../../lib/protocol/table-frames.js'
import { json } from '../../lib/protocol/json.js'
import { closeCodes, refusal, type RefusalCode } from '../../lib/server/refusal.js'
import { callFrames, clientFrames, serverFrames, tableFrames } from '../../lib/testing/conformance/codec/frames.js'
import { put } from './put.js'

const { clientTable, readClient } = clients

/** Reads as a client with every feature. */
const readServer = (raw: unknown): Read<unknown> => {
  const core = readCore(raw)
  const read = core._tag === 'Unknown' ? readTable(raw) : core
  const call = read._tag === 'Unknown' ? readReply(raw) : read
  return call._tag === 'Unknown' ? readQuestion(raw) : call
}
const root = resolve(__dirname, '../..')
const lines = readFileSync(join(root, 'docs/protocol.md'), 'utf8').split('\n')

interface Section {
  readonly title: string
  /** Cells of the rows of its tables, without the heads. */
  readonly rows: readonly (readonly string[])[]
  /** Lines of its `wire` fences, with their numbers in the document. */
  readonly wire: readonly (readonly [line: number, text: string])[]
}

const sections = ((): readonly Section[] => {
  const found: { title: string; rows: string[][]; wire: [number, string][] }[] = []
  let fence: string | undefined
  lines.forEach((line, at) => {
    const section = found.at(-1)
    if (line.startsWith('```')) fence = fence === undefined ? line.slice(3) : undefined
    else if (fence === 'wire') section?.wire.push([at + 1, line])
    else if (/^#+ /.test(line)) found.push({ title: line.replace(/^#+ /, ''), rows: [], wire: [] })
    else if (line.startsWith('|') && !line.startsWith('|---') && !(lines[at + 1] ?? '').startsWith('|---'))
      section?.rows.push(
        line
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      )
  })
  return found
})()

const section = (title: string): Section => {
  const found = sections.find((one) => one.title.includes(title))
  if (!found) throw new Error(`docs/protocol.md has no section "${title}"`)
  return found
}

const quoted = (cell: string | undefined): string => /`([^`]+)`/.exec(cell ?? '')?.[1] ?? ''

describe('the messages in docs/protocol.md', () => {
  const expected: Readonly<Record<string, Read<unknown>['_tag']>> = { '': 'Frame', '!': 'Malformed', '?': 'Unknown' }
  const wire = sections.flatMap((one) => one.wire).filter(([, text]) => !text.startsWith('# '))

  it.each(wire)('[PR4] [PR8] [PR11] are what they are said to be: line %d', (_, text) => {
    const [, direction, sign = '', message = ''] = /^([CS])([!?]?) (.*)$/.exec(text) ?? []
    expect(direction).toBeDefined()
    const read = direction === 'C' ? readClient : readServer
    const unpacked = json.unpack(message)
    if (E.isLeft(unpacked)) throw new Error(unpacked.left)
    expect(unpacked.right.map((raw) => read(raw)).filter(({ _tag }) => _tag !== expected[sign])).toEqual([])
    expect(json.size(message)).toBeLessThanOrEqual(bounds.batchBytes)
  })

  it('[PR12] tell refusals in the words of the guards', () => {
    const { wire: told } = section('17.8')
    told.forEach(([, text], at) => {
      const read = readClient(JSON.parse(text.replace(/^\S+ /, '')))
      if (read._tag === 'Malformed') expect(told[at + 1]?.[1]).toContain(JSON.stringify(read.because))
    })
    expect.hasAssertions()
  })
})

/** What cannot stand in a field of a type. */
const wrong: Readonly<Record<string, readonly unknown[]>> = {
  count: [null, '1', -1, 0.5, 2 ** 53, [], {}],
  time: [null, 'now', []],
  text: [null, 1, {}],
  id: [null, 1, '', 'x'.repeat(65)],
  name: [null, 1, '', 'x'.repeat(257)],
  flag: [null, 0, 'true'],
  word: [null, 1, []],
  words: [null, 'x', [1]],
  texts: [null, 'x', [1]],
  object: [null, 1, 'x', []],
  position: [null, 1, 'x', []],
  list: [null, 1, {}, [1]],
}

const complete: Readonly<Record<string, unknown>> = {
  ...clientFrames,
  ...serverFrames,
  ...tableFrames,
  ...callFrames,
  view: clientFrames['view from a version'],
  hello: clientFrames['hello with everything'],
  join: clientFrames['join with the last messages'],
  joins: clientFrames['joins from positions'],
  welcome: serverFrames['welcome with everything'],
  refused: serverFrames['refused frame'],
  'auth.ok': serverFrames['auth.ok with a lifetime'],
  joined: serverFrames['joined with a hole'],
  left: put(put(serverFrames['left with data'], 'retryAfterMs', 1), 'spreadMs', 1),
  pong: clientFrames['pong'],
  m: serverFrames['msg with prev'],
  h: put(serverFrames['message of a page'], '8', { prev: 4 }),
  p: clientFrames['pub'],
  a: serverFrames['ack'],
  '`call` (client → server)': clientFrames['call'],
  '`call` (server → client)': callFrames['question'],
  '`reply` (client → server)': clientFrames['answer'],
  '`s` (client → server)': clientFrames['signal'],
  '`s` (server → client)': serverFrames['signal'],
}

const frameSections = sections.filter(({ title }) => /^`[\w.]+` \(/.test(title))

describe.each(frameSections.map((one) => [one.title, one] as const))('the fields of %s', (title, { rows }) => {
  const tag = quoted(title)
  const frame = complete[title] ?? complete[tag]
  const readers = title.includes('both')
    ? [readClient, readServer]
    : [title.includes('(client') ? readClient : readServer]
  // `seen` in a pong is the client's.
  const read = (raw: unknown): readonly string[] => readers.map((reader) => reader(raw)._tag)
  const all = (tagged: string): readonly string[] => readers.map(() => tagged)
  const fields = rows.map(([first = '', second = '', third = '']) =>
    Array.isArray(frame) ? ([first.replace(' + 3k', ''), third] as const) : ([quoted(first), second] as const),
  )

  it('[PR11] are all in the document', () => {
    const named = fields.map(([name]) => name.replace('?', ''))
    const present = Array.isArray(frame)
      ? [...frame.keys()].slice(1).map(String)
      : Object.keys(frame as object).filter((key) => key !== 't')
    expect(present.filter((key) => !named.includes(key))).toEqual([])
    expect(read(frame)).toEqual(all('Frame'))
  })

  for (const [field, type] of fields) {
    const name = field.replace('?', '')
    const optional = field.endsWith('?')
    it(`[PR11] [PR14] [PR15] [PR16] are checked: ${field}, ${type}`, () => {
      if (!Array.isArray(frame))
        expect(read(put(frame, name, undefined))).toEqual(all(optional ? 'Frame' : 'Malformed'))
      // Whoever receives `m` or `h` trusts the server with the bounds of names.
      const bad = wrong[(tag === 'm' || tag === 'h') && (type === 'id' || type === 'name') ? 'text' : type] ?? []
      expect(
        bad
          .filter((value) => value !== null || !Array.isArray(frame))
          .filter((value) => read(put(frame, name, value)).includes('Frame')),
      ).toEqual([])
    })
  }
})

/** The types of the document by kind. */
const types = new Map<kinds.Kind, string>([
  [kinds.count, 'count'],
  [kinds.positive, 'count'],
  [kinds.time, 'time'],
  [kinds.flag, 'flag'],
  [kinds.bit, '0 or 1'],
  [kinds.text, 'text'],
  [kinds.secret, 'text'],
  [kinds.texts, 'texts'],
  [kinds.id, 'id'],
  [kinds.room, 'name'],
  [kinds.event, 'name'],
  [kinds.cause, 'word'],
  [kinds.failure, 'word'],
  [kinds.permissions, 'words'],
  [clients.wants, 'words'],
  [kinds.fields, 'object'],
  [kinds.payload, 'payload'],
  [kinds.position, 'position'],
  [kinds.start, 'object'],
  [tablePlace, 'object'],
  [tableTotal, 'object'],
  [clients.where, 'object'],
  [clients.until, 'word or count'],
  [because, 'object'],
])
type Part = kinds.Kind | Row
interface Row {
  readonly [name: string]: Part
}

const typeOf = (name: string, part: Part): string => {
  if (typeof part !== 'function') return 'object'
  const type = types.get(part) ?? (name === 'reconnect' ? 'word or object' : undefined)
  if (type !== undefined) return type
  if (typeof part(Number.MAX_SAFE_INTEGER) === 'number') return 'count'
  return typeof part('a later word') === 'string' ? 'word' : 'list'
}

/** The fields of a row of a table, those of objects within it included, each with its type. */
const fieldsOf = (row: Row, prefix = ''): readonly string[] =>
  Object.entries(row).flatMap(([name, part]) => [
    `${prefix}${name}: ${typeOf(name, part)}`,
    ...(name === 'limits' || typeof part === 'function' ? [] : fieldsOf(part, `${prefix}${name}.`)),
  ])

describe('the tables of the guards', () => {
  const tables = {
    C: { ...clientTable(), lists: clients.clientElements },
    S: {
      ...serverTable(),
      objects: { ...serverTable().objects, ...tableTable().objects, ...callTable().objects, ...askTable().objects },
    },
  }

  it.each(
    frameSections.flatMap(({ title, rows }) =>
      (title.includes('both')
        ? (['C', 'S'] as const)
        : [title.includes('(client') ? ('C' as const) : ('S' as const)]
      ).map((direction) => [title, direction, rows] as const),
    ),
  )('[PR11] [PR14] [PR15] [PR16] hold the fields of %s, read from %s', (title, direction, rows) => {
    const tag = quoted(title)
    const lists: Row = tables[direction].lists
    const objects: Row = tables[direction].objects
    const row = lists[tag] ?? objects[tag]
    // A function checks a positional frame of a server as a whole.
    const elements = rows.filter(([place = '']) => /^[1-9]\d*$/.test(place) && typeof row !== 'function')
    const said = lists[tag]
      ? elements.map(([, name, type = '']) => `${quoted(name)}: ${type}`)
      : rows
          .map(([name = '', type = '']) => `${quoted(name)}: ${type}`)
          .filter((field) => !/^(from|to)\.\w+:/.test(field))
    expect(fieldsOf(typeof row === 'object' ? row : {})).toEqual(said)
  })

  it('[PR11] hold the limits', () => {
    const { rows } = section('5. Limits')
    const said = rows.filter(([, type]) => type === 'count').map(([name, type = '']) => `${quoted(name)}: ${type}`)
    const tables: Row = serverTable().objects
    const { limits } = tables['limits'] as Row
    expect(fieldsOf(limits as Row)).toEqual(said)
  })
})

describe('the tables of docs/protocol.md', () => {
  it('know every frame', () => {
    const named = frameSections.map(({ title }) => quoted(title))
    const known = [...Object.values(clientFrames), ...Object.values(serverFrames)].map((frame) =>
      'length' in frame ? frame[0] : frame.t,
    )
    expect([...new Set(known)].filter((tag) => !named.includes(tag))).toEqual([])
  })

  it('[PR16] [PR21] [PR6] name the bounds that hold unannounced', () => {
    const { rows } = section('5. Limits')
    const text = lines.join('\n').replace(/\s+/g, ' ')
    expect(text).toContain(
      `rooms ${bounds.roomBytes}; events ${bounds.eventBytes}; ids, epochs, producers and instances ${bounds.idBytes}`,
    )
    expect(text).toContain(`nests arrays and objects at most ${bounds.payloadDepth} deep`)
    expect(rows.flat().join()).toContain(`${bounds.batchBytes / 1024} KiB, 64 envelopes`)
    expect(rows.flat().join()).toContain(`${bounds.firstMessageBytes / 1024} KiB: every server takes so much`)
  })

  it('[PR75] give every refusal of the server with its kind', () => {
    const { rows } = section('14. Refusals')
    const told = new Map(
      rows
        .filter(([, , , meaning]) => !meaning?.includes('*not yet*'))
        .flatMap(([codes = '', , kind]) =>
          [...codes.matchAll(/`([^`]+)`/g)].map(([, code = '']) => [code, kind] as const),
        ),
    )
    const source = readFileSync(join(root, 'lib/server/refusal.ts'), 'utf8')
    const known = [...source.matchAll(/^ {2}'([a-z]+\/[a-z-]+)':/gm)].map(([, code = '']) => code as RefusalCode)
    expect(known.length).toBeGreaterThan(20)
    expect(Object.fromEntries(told)).toEqual(Object.fromEntries(known.map((code) => [code, refusal(code).kind])))
  })

  it('[PR77] give every close code with what the client does', () => {
    const does = {
      retry: /^(tries again|reconnects)/,
      unknown: /^tries again/,
      reauth: /another token$/,
      terminal: /^stops/,
    }
    const rows = section('15. Close codes').rows.filter(([, , , client]) => client !== '–')
    const told = new Map(
      rows.flatMap(([codes = '', , , client = '']) => codes.split(', ').map((code) => [Number(code), client] as const)),
    )
    for (const code of Object.values(closeCodes)) expect(told.has(code)).toBe(true)
    expect([...told].filter(([code, client]) => !does[closed(code, '').kind].test(client))).toEqual([])
    expect([1004, 1099, 3999, 4000, 4999].filter((code) => closed(code, '').kind !== 'retry')).toEqual([])
  })

  it('name each rule once, and no other; a rule that came later has a higher number, wherever it stands', () => {
    const ids = lines.flatMap((line) => /^- \*\*PR(\d+)\*\* \S/.exec(line)?.[1] ?? [])
    expect(ids).toEqual([...new Set(ids)])
    const cited = [...lines.join('\n').matchAll(/PR(\d+)/g)].map(([, id = '']) => id)
    expect(cited.filter((id) => !ids.includes(id))).toEqual([])
  })

  it('link to sections that exist', () => {
    const slug = (title: string): string =>
      title
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\- ]/gu, '')
        .replaceAll(' ', '-')
    const slugs = sections.map(({ title }) => slug(title))
    const links = [
      ...lines
        .join('\n')
        .replace(/\n/g, ' ')
        .matchAll(/\]\(#([^)]+)\)/g),
    ].map(([, link]) => link)
    expect(links.filter((link) => !slugs.includes(link ?? ''))).toEqual([])
  })
})
