import * as E from '#fp/Either'
import { wordOf } from '../../../lib/testing/conformance/engine/ledger.js'
import { commandsOf } from './commands.js'
import type { Opened } from './rig.js'
import type { ShakyDisk } from './shaky-disk.js'

/** What everybody outside knows of the commands of an engine, over all its ends. */
export interface CommandStory {
  readonly claim: (id: string) => void
  readonly settle: (id: string, outcome: string) => void
  readonly cancel: (id: string) => void
  readonly watch: (id: string) => void
  /** Ends the lease of the server; it takes another one. */
  readonly lapse: () => void
  /** Goes on with another engine: claims all commands there, and returns what is not as it was shown. */
  readonly goOn: (disk: ShakyDisk, opened: Opened) => readonly string[]
  /** What was shown so far is void: the name is another one. */
  readonly forget: () => void
  readonly shown: () => readonly string[]
}

interface Command {
  /** All that was shown of it, by answers and to watchers. */
  readonly words: Set<string>
  readonly outcomes: Set<string>
  firsts: number
  /** The lease under which it was first. */
  lease?: string
  /** A settlement was answered while that lease was in force. */
  isSettled: boolean
}

const isEnd = (word: string): boolean => /^(Done|Lost|Cancelled)/.test(word)

const faultOf = (id: string, { words, outcomes, firsts, isSettled }: Command): string | undefined => {
  const ends = [...words].filter(isEnd)
  const list = [...words].join(', ')
  if (firsts > 1) return `${id} was first ${firsts} times`
  if (ends.length > 1) return `${id} ended as ${list}`
  if (ends[0] === 'Cancelled' && (firsts > 0 || words.has('Running'))) return `${id} was cancelled and ran: ${list}`
  if (ends[0]?.startsWith('Done') && !outcomes.has(ends[0])) return `${id} has another outcome: ${list}`
  if (isSettled && !ends[0]?.startsWith('Done')) return `${id} was settled, and is not: ${list}`
  return undefined
}

export const commandStory = (first: ShakyDisk, opened: Opened): CommandStory => {
  let commands = commandsOf(first, opened)
  const all = new Map<string, Command>()
  let leases = 0
  const take = (): string => {
    const name = `lease ${++leases}`
    commands.lease(name)
    return name
  }
  let lease = take()

  const of = (id: string): Command => {
    const known = all.get(id) ?? { words: new Set(), outcomes: new Set(), firsts: 0, isSettled: false }
    all.set(id, known)
    return known
  }
  const note = (command: Command, word: string, by = lease): void => {
    if (word === 'First') {
      command.firsts++
      command.lease = by
    } else if (word !== 'Unclaimed') command.words.add(word)
  }

  return {
    claim: (id) => {
      const [command, by] = [of(id), lease]
      commands.calls.claim({ user: 'u', id, lease: by }).subscribe((each) => {
        if (E.isRight(each)) note(command, wordOf(each.right), by)
      })
    },
    settle: (id, outcome) => {
      const command = of(id)
      const isRunning = command.lease === lease
      command.outcomes.add(`Done: ${outcome}`)
      commands.calls.settle({ user: 'u', id }, outcome).subscribe((each) => {
        if (E.isRight(each) && isRunning) command.isSettled = true
      })
    },
    cancel: (id) => {
      const command = of(id)
      commands.calls.cancel({ user: 'u', id }).subscribe((each) => {
        if (E.isRight(each)) note(command, wordOf(each.right))
      })
    },
    watch: (id) => {
      const command = of(id)
      commands.calls.watch({ user: 'u', id }).subscribe((each) => {
        if (E.isRight(each)) note(command, wordOf(each.right))
      })
    },
    lapse: () => {
      commands.tables.lease(lease, 0).subscribe()
      lease = `lease ${++leases}`
      commands.tables.lease(lease, 600_000).subscribe()
    },
    goOn: (disk, next) => {
      commands = commandsOf(disk, next)
      lease = take()
      for (const [id, command] of all) note(command, commands.claim(id, lease))
      return [...all].flatMap(([id, command]) => faultOf(id, command) ?? [])
    },
    forget: () => {
      for (const [id, { outcomes }] of all) all.set(id, { words: new Set(), outcomes, firsts: 0, isSettled: false })
    },
    shown: () => [...all.values()].flatMap(({ words }) => [...words]),
  }
}
