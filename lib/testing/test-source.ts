import { isBytes } from '../core/bytes.js'
import type { From } from '../protocol/frame.js'
import { json } from '../protocol/json.js'
import type { Recording } from './recording.js'

/** Options for `testSource`. */
export interface TestSourceOptions {
  /** Test runner of the generated test. Default `'vitest'`. For `'jest'`, `it` is global. */
  readonly runner?: 'jest' | 'vitest' | 'node:test' | undefined
  /** Options of the recorded client that differ from the defaults, as far as they are plain values. Default: none. */
  readonly client?: Readonly<Record<string, unknown>> | undefined
  /** Name of the test. Default: `the client says again what it said then`. */
  readonly name?: string | undefined
}

const IMPORTS = {
  jest: '',
  vitest: "import { it } from 'vitest'\n",
  'node:test': "import { it } from 'node:test'\n",
} as const

/** An action of the user. */
interface Step {
  readonly at: number
  readonly lines: readonly string[]
}

/** The actions of the user, the ids of the client, and the imports that the actions need. */
interface Steps {
  readonly steps: readonly Step[]
  readonly ids: readonly string[]
  readonly imports: readonly string[]
}

/**
 * Writes a test of a recording: a complete module, with the recording and the probable actions of the user: the rooms that
 * the user joined and left, and the messages that the user sent, at the times when the client sent them. It is a starting
 * point: add the expected output of the client's streams by hand. It omits a message that the client never wrote.
 */
export const testSource = (
  recording: Recording,
  { runner = 'vitest', client, name = 'the client says again what it said then' }: TestSourceOptions = {},
): string => {
  const { steps, ids, imports } = readSteps(recording)
  return `import { anything } from 'rx-rooms'
${imports.map((line) => `${line}\n`).join('')}import { replay } from 'rx-rooms/testing'
${IMPORTS[runner]}
const recording = ${JSON.stringify({ ...recording, ids, events: '' }, null, 2).replace('"events": ""', eventLines(recording))}

it(${literal(name)}, () => {
  replay(recording, (client, at) => {
    const room = (name) => client.room(name, anything)
    const held = new Map()
${steps.map(({ at, lines }) => `    at(${at}, () => {\n${lines.map((line) => `      ${line}\n`).join('')}    })`).join('\n')}
  }${client ? `, { client: ${literal(client)} }` : ''})
})
`
}

const eventLines = ({ events }: Recording): string =>
  `"events": [\n${events.map((event) => `    ${JSON.stringify(event)}`).join(',\n')}\n  ]`

/** Derives the actions of the user from the output of the client. */
const readSteps = ({ ids, events }: Recording): Steps => {
  const steps: Step[] = []
  const posts = new Map<string, Step>()
  const held = new Set<string>()
  const names = new Map<string, string>()
  const starts = new Set<string>()
  const admissions = new Set<string>()
  let openedAt = 0
  let isAway = true
  let isWelcome = false

  const put = (at: number, ...lines: readonly string[]): void => {
    steps.push({ at, lines })
  }
  const join = (at: number, link: number, frame: Record<string, unknown>): void => {
    const room = String(frame['room'])
    names.set(`${link} ${String(frame['ch'])}`, room)
    if (held.has(room)) return
    held.add(room)
    const { from, mustExist, password } = frame
    const asked = { ...(mustExist === true && { mustExist }), ...(password !== undefined && { password }) }
    const name = literal(room)
    if (from === undefined) {
      const isPlain = Object.keys(asked).length === 0
      if (!isPlain) admissions.add('admission')
      const how = isPlain ? '' : `admission(${literal(asked)})`
      put(at, `held.set(${name}, room(${name}))`, `held.get(${name}).join(${how}).subscribe()`)
    } else {
      const { start, source } = startOf(from as From)
      starts.add(start)
      put(
        at,
        `const messages = room(${name}).messages({ from: ${source} }).subscribe()`,
        `held.set(${name}, { leave: () => messages.unsubscribe() })`,
      )
    }
  }
  const leave = (at: number, room: string | undefined): void => {
    if (room === undefined || !held.delete(room)) return
    put(Math.max(0, at - LINGER_MS), `held.get(${literal(room)}).leave()`)
  }
  const said = (at: number, link: number, frame: unknown): void => {
    if (Array.isArray(frame)) {
      const [tag, , room, , , , id, event, data] = frame as readonly unknown[]
      if (tag !== 'p' || typeof id !== 'string' || posts.has(id)) return
      const payload = json.payload(data)
      const more = payload === undefined ? '' : `, ${literal(payload)}`
      posts.set(id, { at, lines: [`room(${literal(room)}).post(${literal(event)}${more})`] })
    } else if (isFrame(frame, 'hello') && Array.isArray(frame['rooms'])) {
      // The user wanted the rooms of a `hello` before the socket was open.
      for (const each of frame['rooms'] as readonly Record<string, unknown>[]) join(openedAt, link, each)
    } else if (isFrame(frame, 'join')) join(at, link, frame)
    else if (isFrame(frame, 'leave')) leave(at, names.get(`${link} ${String(frame['ch'])}`))
  }

  for (const event of events) {
    if (event.what === 'open') {
      openedAt = event.at
      if (isAway) put(event.at, 'client.connect()')
      isAway = false
      isWelcome = false
    } else if (event.what === 'abandoned' && isWelcome) {
      put(event.at, 'client.disconnect()')
      isAway = true
    } else if (event.what === 'out' && 'frames' in event)
      for (const frame of event.frames) said(event.at, event.link, frame)
    else if (event.what === 'in' && 'frames' in event)
      isWelcome ||= event.frames.some((frame) => isFrame(frame, 'welcome'))
  }

  const [instance, producer, ...others] = ids
  const sent = others.filter((id) => posts.has(id))
  let latest = Infinity
  const inOrder = sent.reverse().flatMap((id) => {
    const post = posts.get(id)
    if (!post) return []
    latest = Math.min(latest, post.at)
    return [{ ...post, at: latest }]
  })
  return {
    steps: [...steps, ...inOrder.reverse()].sort((one, other) => one.at - other.at),
    ids: [instance, producer, ...sent.reverse()].filter((id) => id !== undefined),
    imports: [...importsOf(starts, 'rx-rooms/history'), ...importsOf(admissions, 'rx-rooms/room-life')],
  }
}

const importsOf = (names: ReadonlySet<string>, entry: string): readonly string[] =>
  names.size > 0 ? [`import { ${[...names].sort().join(', ')} } from '${entry}'`] : []

/** Writes the start of a join as a call. */
const startOf = (from: From): { readonly start: 'last' | 'after'; readonly source: string } =>
  'last' in from
    ? { start: 'last', source: `last(${literal(from.last)})` }
    : { start: 'after', source: `after(${literal(from)})` }

/** Default time that a client keeps a room that nobody needs, in ms. */
const LINGER_MS = 500

const isFrame = (frame: unknown, tag: string): frame is Record<string, unknown> =>
  typeof frame === 'object' && frame !== null && (frame as { readonly t?: unknown }).t === tag

/** Formats a value as source text. */
const literal = (value: unknown): string =>
  isBytes(value) ? `Uint8Array.of(${value.join(', ')})` : JSON.stringify(value)
