import type { FilesOptions } from '../../../lib/node/files/files.js'
import { seeded } from '../../../lib/testing/random.js'
import { entry } from '../../server/support/engine.js'
import { type CommandStory, commandStory } from './command-story.js'
import { commandsOf } from './commands.js'
import { open } from './rig.js'
import { type ShakyDisk, shakyDisk } from './shaky-disk.js'

type End = 'kill' | 'crash'

const pick = <T>(chance: () => number, items: readonly T[]): T => items[Math.floor(chance() * items.length)] as T

const act = (told: CommandStory, chance: () => number, ids: readonly string[], n: number): void => {
  const luck = chance()
  const id = pick(chance, ids)
  if (luck < 0.4) told.claim(id)
  else if (luck < 0.7) told.settle(id, `${n} ${'x'.repeat(200)}`)
  else if (luck < 0.8) told.cancel(id)
  else if (luck < 0.95) told.watch(id)
  else told.lapse()
}

/** A few commands; the engine ends when the disk has taken so many steps. */
const workload = (ends: number, chance: () => number, end: End, options: Partial<FilesOptions>) => {
  const disk = shakyDisk()
  const opened = open(disk, options)
  const told = commandStory(disk, opened)
  const { name } = commandsOf(disk, opened).calls
  const before = disk.log.length
  let isOver = false
  const steps = (most: number): void => {
    for (let step = 0; step < most && !isOver; step++) isOver = disk.log.length - before >= ends || !disk.step()
  }
  told.watch('a')
  for (const id of ['a', 'b', 'c']) told.claim(id)
  steps(2)
  told.cancel('d')
  steps(2)
  told.settle('a', '1')
  told.claim('d')
  steps(2)
  told.settle('b', '2')
  told.lapse()
  isOver = false
  steps(Infinity)
  const next = disk.after(end, chance)
  const again = open(next, options)
  return {
    faults: told.goOn(next, again),
    isSame: commandsOf(next, again).calls.name === name,
    told: again.faults,
    shown: told.shown(),
  }
}

/** Goes through several ends, with small segments and a disk that refuses now and then. */
const saga = (seed: number, options: Partial<FilesOptions>, ends: readonly End[], refusals: number) => {
  const chance = seeded(seed)
  const given = { segmentBytes: 4_096, messages: 6, outcomes: 6, ...options }
  let disk = shakyDisk()
  let opened = open(disk, given)
  const told = commandStory(disk, opened)
  let cleaned = 0
  let seq = 0
  for (let generation = 0; generation < 4; generation++) {
    const { name } = commandsOf(disk, opened).calls
    const shaky: ShakyDisk = disk
    shaky.refuse = (step) => (/^(write|sync|create|remove)/.test(step) && chance() < refusals ? 'EIO' : undefined)
    const ids = [0, 1].flatMap((ago) => ['a', 'b', 'c', 'd', 'e', 'f'].map((each) => `${each}${generation - ago}`))
    for (let n = 0; n < 60; n++) {
      act(told, chance, ids, n)
      const data = JSON.stringify('x'.repeat(300))
      opened.engine.append('r', [entry(++seq, { data })]).subscribe()
      for (let steps = Math.floor(chance() * 4); steps > 0; steps--) disk.step()
    }
    cleaned += disk.log.filter((step) => step.startsWith('remove journal')).length
    const end = pick(chance, ends)
    disk = disk.after(end, chance)
    opened = open(disk, given)
    const isSame = commandsOf(disk, opened).calls.name === name
    if (!isSame) told.forget()
    const faults = told.goOn(disk, opened)
    const mayDiffer = options.durability !== 'always' && end === 'crash'
    if (faults.length > 0 || (!isSame && !mayDiffer)) return { seed, generation, end, faults, isSame, cleaned }
  }
  return { seed, faults: [], cleaned }
}

describe('crashes', () => {
  it('[EN88] at every step of the disk, with durability always: what was shown of a command stays so', () => {
    const shown = new Set<number>()
    for (let ends = 0; ends <= 20; ends++) {
      for (let seed = 0; seed < 6; seed++) {
        const end = workload(ends, seeded(seed * 31 + ends), 'crash', { durability: 'always' })
        shown.add(end.shown.length)
        expect([ends, seed, end]).toEqual([ends, seed, { ...end, faults: [], isSame: true, told: [] }])
      }
    }
    expect(shown.size).toBeGreaterThan(3)
  })

  it.each(['always', 'interval', 'never'] as const)(
    '[EN88] a kill at every step, with durability %s: the same',
    (durability) => {
      for (let ends = 0; ends <= 20; ends++) {
        for (let seed = 0; seed < 3; seed++) {
          const end = workload(ends, seeded(seed * 31 + ends), 'kill', { durability })
          expect([ends, seed, end]).toEqual([ends, seed, { ...end, faults: [], isSame: true, told: [] }])
        }
      }
    },
  )

  it('[EN88] a kill at every byte of a write: the claim is known as lost, or not at all', () => {
    const disk = shakyDisk()
    const opened = open(disk)
    const { calls, lease, claim, settle } = commandsOf(disk, opened)
    lease('one')
    claim('done')
    settle('done', 'yes')
    const whole = disk.bytes('journal-000000001').length
    calls.claim({ user: 'u', id: 'a', lease: 'one' }).subscribe()
    disk.step()
    const longer = disk.bytes('journal-000000001').length
    const words: string[] = []
    for (let length = whole; length <= longer; length++) {
      const next = disk.after('kill', () => 0.9)
      next.damage('journal-000000001', (bytes) => bytes.subarray(0, length))
      const again = open(next)
      const commands = commandsOf(next, again)
      commands.lease('two')
      words.push(commands.claim('a', 'two'))
      expect([commands.calls.name, commands.claim('done', 'two'), again.faults]).toEqual([calls.name, 'Done: yes', []])
    }
    expect(longer - whole).toBeGreaterThan(40)
    expect(words).toEqual([...words.slice(0, -1).map(() => 'First'), 'Lost'])
  })

  it.each([
    ['always', ['kill', 'crash'], 0],
    ['always', ['kill', 'crash'], 0.05],
    ['interval', ['kill', 'crash'], 0],
    ['interval', ['kill'], 0.05],
    ['never', ['kill', 'crash'], 0],
    ['never', ['kill'], 0.05],
  ] as const)('[EN88] through many ends with durability %s, ends %j and refusals %d', (durability, ends, refusals) => {
    let cleaned = 0
    for (let seed = 0; seed < 6; seed++) {
      const end = saga(seed, { durability }, ends, refusals)
      cleaned += end.cleaned
      expect(end).toEqual({ seed, faults: [], cleaned: end.cleaned })
    }
    expect(cleaned).toBeGreaterThan(6 * 4)
  })
})
