import * as E from '#fp/Either'
import type { Logged } from '../../../lib/protocol/codec.js'
import type { Durability } from '../../../lib/node/files/durability.js'
import { entry } from '../../server/support/engine.js'
import { commandsOf } from './commands.js'
import { logOf, now, open, tryOpen } from './rig.js'
import { type ShakyDisk, shakyDisk } from './shaky-disk.js'

const options = { segmentBytes: 4_096, messages: 40 }
const rooms = ['a', 'b', 'late']

/** Every so many bytes of a file are changed; 1 in a thorough run. */
const stride = Number(process.env['STEP'] ?? 101)

type Files = ReadonlyMap<string, Buffer>

interface Written {
  readonly disk: ShakyDisk
  /** The files at some moments before. */
  readonly earlier: readonly Files[]
  readonly logs: ReadonlyMap<string, { readonly epoch: string; readonly messages: readonly Logged[] }>
  /** The name of the memory of commands, and the state of each command. */
  readonly name: string
  readonly words: ReadonlyMap<string, string>
}

const filesOf = (disk: ShakyDisk): Files => new Map(disk.names().map((name) => [name, disk.bytes(name)]))

/** A journal of some segments and two lives: all that it holds was acknowledged. */
const written = (durability: Durability, end: 'close' | 'kill' | 'crash', messages = 14): Written => {
  const earlier: Files[] = []
  let disk = shakyDisk()
  let opened = open(disk, { ...options, durability })
  const append = (room: string, seq: number): void => {
    now(disk, opened.engine.append(room, [entry(seq, { data: JSON.stringify('x'.repeat(200)) })]))
  }
  const words = new Map<string, string>()
  const command = (id: string): void => {
    const { lease, claim, settle } = commandsOf(disk, opened)
    lease('one')
    claim(id)
    words.set(id, 'Lost')
    if (words.size % 2 === 0) return
    settle(id, id)
    words.set(id, `Done: ${id}`)
  }
  earlier.push(filesOf(disk))
  for (let n = 1; n <= messages; n++) {
    for (const room of ['a', 'b']) append(room, n)
    command(`c${n}`)
    if (n % 5 === 0) earlier.push(filesOf(disk))
    if (n !== 5) continue
    opened.engine.close()
    disk.run()
    earlier.push(filesOf(disk))
    disk = disk.after('kill', () => 0.9)
    opened = open(disk, { ...options, durability })
    earlier.push(filesOf(disk))
  }
  append('late', 1)
  const logs = new Map(rooms.map((room) => [room, logOf(disk, opened.engine, room)]))
  const { name } = commandsOf(disk, opened).calls
  if (end === 'close') opened.engine.close()
  disk.run()
  return { disk: disk.after(end === 'crash' ? 'crash' : 'kill', () => 0.9), earlier, logs, name, words }
}

/** What is wrong with what a damaged directory was opened to: a loss that nobody is told of, or evidence that is gone. */
const judged = ({ logs, name, words }: Written, disk: ShakyDisk, durability: Durability): string | undefined => {
  const before = filesOf(disk)
  const result = tryOpen(disk, { ...options, durability })
  if (E.isLeft(result)) return `it did not open: ${result.left}`
  const { engine, faults } = result.right
  for (const [room, { epoch, messages }] of logs) {
    const head = now(disk, engine.head(room))
    const log = head && logOf(disk, engine, room)
    if (log?.epoch === epoch) {
      if (JSON.stringify(log.messages) !== JSON.stringify(messages)) return `${room} differs in its epoch`
    } else if (faults.length === 0) return `${room} is ${log ? 'in a new epoch' : 'gone'} and nothing is told`
  }
  const commands = commandsOf(disk, result.right)
  commands.lease('two')
  for (const [id, word] of words) {
    const found = commands.claim(id, 'two')
    if (found !== word && commands.calls.name === name) return `${id} is ${found} and not ${word} under the same name`
  }
  for (const fault of faults) {
    const [, file = '', kept = ''] = /^(?:the file )?(\S+) .*kept as (\S+)$/.exec(fault) ?? []
    if (kept && !before.get(file)?.equals(disk.bytes(kept))) return `${file} is not kept as ${kept}`
  }
  return undefined
}

/** All that may become of one file. */
const changes = (
  from: Written,
  name: string,
  others: Files,
): readonly (readonly [string, (disk: ShakyDisk) => void])[] => {
  const bytes = from.disk.bytes(name)
  const places = [...bytes.keys()].filter(
    (at) => at % stride === 0 || (at < 60 && at % 7 === 0) || at === bytes.length - 1,
  )
  const spare = ['journal-000000099', 'journal-000000000', 'journal-0000000001']
  const newest =
    from.disk
      .names()
      .filter((each) => each.startsWith('journal'))
      .at(-1) ?? ''
  const older = [...from.earlier, others].flatMap((files) => files.get(name) ?? [])
  return [
    [
      'removed',
      (disk) => {
        disk.damage(name, () => undefined)
      },
    ],
    [
      'empty',
      (disk) => {
        disk.damage(name, () => Buffer.alloc(0))
      },
    ],
    [
      'zeros',
      (disk) => {
        disk.damage(name, (all) => all.fill(0))
      },
    ],
    ...places.map(
      (at) =>
        [
          `cut at ${at}`,
          (disk: ShakyDisk) => {
            disk.damage(name, (all) => all.subarray(0, at))
          },
        ] as const,
    ),
    ...places
      .filter((at) => bytes[at] !== 0 || name !== 'mark')
      .map(
        (at) =>
          [
            `flipped at ${at}`,
            (disk: ShakyDisk) => {
              disk.damage(name, (all) => flipped(all, at))
            },
          ] as const,
      ),
    ...older.map(
      (old, at) =>
        [
          `swapped for an older one, ${at}`,
          (disk: ShakyDisk) => {
            disk.put(name, old)
          },
        ] as const,
    ),
    ...[...spare, newest]
      .filter((to) => to !== name && name !== 'mark')
      .map(
        (to) =>
          [
            `copied to ${to}`,
            (disk: ShakyDisk) => {
              disk.put(to, bytes)
            },
          ] as const,
      ),
  ]
}

const flipped = (bytes: Buffer, at: number): Buffer => {
  bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8))
  return bytes
}

describe('damage to one file', () => {
  it.each([
    ['always', 'close'],
    ['always', 'kill'],
    ['always', 'crash'],
    ['interval', 'kill'],
    ['never', 'close'],
    ['never', 'kill'],
  ] as const)(
    '[EN36] [EN89] of a journal with durability %s and the end %s: nothing acknowledged is lost, or a new epoch, a new name and a fault say so',
    (durability, end) => {
      const from = written(durability, end)
      const others = filesOf(written(durability, end, 9).disk)
      const names = from.disk.names()
      expect(names.length).toBeGreaterThan(3)
      const wrong: string[] = []
      let told = 0
      for (const name of names)
        for (const [change, apply] of changes(from, name, others)) {
          const disk = from.disk.after('kill', () => 0.9)
          apply(disk)
          const fault = judged(from, disk, durability)
          if (fault) wrong.push(`${name} ${change}: ${fault}`)
          told++
        }
      expect(wrong).toEqual([])
      expect(told).toBeGreaterThan(150)
    },
  )

  it('[EN36] an older mark does not hide that the machine ended with durability never', () => {
    const closed = shakyDisk()
    const first = open(closed, { durability: 'never' })
    now(closed, first.engine.append('a', [entry(1)]))
    first.engine.close()
    closed.run()
    const disk = closed.after('kill', () => 0.9)
    const { engine } = open(disk, { durability: 'never' })
    for (const seq of [2, 3]) now(disk, engine.append('a', [entry(seq)]))
    const { epoch } = logOf(disk, engine, 'a')
    const next = disk.after('crash', () => 0.9)
    // The machine happens to have written the newest segment, and somebody put the mark back.
    for (const name of disk.names()) next.put(name, disk.bytes(name))
    next.put('mark', closed.bytes('mark'))
    const again = open(next, { durability: 'never' })
    expect(again.faults[0]).toBe('the file mark is older than the journal; it is kept as damaged-mark')
    expect(logOf(next, again.engine, 'a').epoch).not.toBe(epoch)
  })
})
