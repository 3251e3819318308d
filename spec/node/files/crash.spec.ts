import type { FilesOptions } from '../../../lib/node/files/files.js'
import { durabilities } from '../../../lib/node/files/durability.js'
import { seeded } from '../../../lib/testing/random.js'
import { open } from './rig.js'
import { shakyDisk } from './shaky-disk.js'
import { reopened, story } from './story.js'

/** A little of everything; ends when the disk has taken so many steps. */
const workload = (ends: number, chance: () => number, end: 'kill' | 'crash', options: Partial<FilesOptions>) => {
  const disk = shakyDisk()
  const { engine } = open(disk, options)
  const told = story(engine)
  const acts = [
    () => {
      told.follow('a')
      told.publish('a', 'p', 2)
    },
    () => told.publish('b', 'p'),
    () => told.claim('i'),
    () => told.publish('a', 'q'),
    () => told.claim('i'),
    () => told.publish('a', 'p'),
  ]
  const before = disk.log.length
  let isOver = false
  for (const act of acts) {
    act()
    for (let steps = 0; steps < 2 && !isOver; steps++) isOver = disk.log.length - before >= ends || !disk.step()
  }
  while (!isOver) isOver = disk.log.length - before >= ends || !disk.step()
  const next = reopened(disk, end, chance, options)
  told.goOn(next.engine)
  return { told, ...next, steps: disk.log.length - before }
}

const pick = <T>(chance: () => number, items: readonly T[]): T => items[Math.floor(chance() * items.length)] as T

/** Goes through several ends, with small segments, a disk that refuses now and then, and rooms that come and go. */
const saga = (seed: number, options: Partial<FilesOptions>, ends: readonly ('kill' | 'crash')[], refusals: number) => {
  const chance = seeded(seed)
  const given = { segmentBytes: 4_096, messages: pick(chance, [6, 40]), ...options }
  let disk = shakyDisk()
  let { engine } = open(disk, given)
  const told = story(engine, 400)
  const isWeak = options.durability !== 'always'
  let segments = 0
  let cleaned = 0
  const publish = (): void => {
    const isChained = chance() < 0.4
    told.publish(
      pick(chance, ['a', 'b', 'c', 'd']),
      pick(chance, ['p', 'q']),
      1 + Math.floor(chance() * 3),
      isChained ? publish : undefined,
    )
  }
  for (let generation = 0; generation < 4; generation++) {
    const shaky = disk
    shaky.refuse = (step) => (/^(write|sync|create|remove)/.test(step) && chance() < refusals ? 'EIO' : undefined)
    for (let act = 0; act < 60; act++) {
      const luck = chance()
      if (luck < 0.7) publish()
      else if (luck < 0.8) told.follow(pick(chance, ['a', 'b', 'c', 'd']))
      else told.claim(pick(chance, ['i', 'j']))
      for (let steps = Math.floor(chance() * 4); steps > 0; steps--) disk.step()
    }
    segments += disk.names().length
    cleaned += disk.log.filter((step) => step.startsWith('remove journal')).length
    const end = pick(chance, ends)
    const next = reopened(disk, end, chance, given)
    disk = next.disk
    engine = next.engine
    told.goOn(engine)
    const faults = told.faults(disk, isWeak && end === 'crash' ? 'may change' : 'stay')
    if (faults.length > 0) return { seed, generation, end, faults, segments, cleaned }
    if (isWeak && end === 'crash') told.forget()
  }
  return { seed, faults: [], segments, cleaned }
}

describe('crashes', () => {
  it('[EN20] at every step of the disk, with durability always: what was acknowledged or shown is there, once', () => {
    const acknowledged: number[] = []
    for (let ends = 0; ends <= 24; ends++) {
      for (let seed = 0; seed < 8; seed++) {
        const { told, disk, faults } = workload(ends, seeded(seed * 31 + ends), 'crash', { durability: 'always' })
        acknowledged.push(told.acknowledged())
        expect([ends, seed, told.faults(disk), faults]).toEqual([ends, seed, [], []])
      }
    }
    expect(new Set(acknowledged)).toEqual(new Set([0, 2, 3, 4, 5]))
  })

  it.each(durabilities)('[EN21] a kill at every step, with durability %s: the same', (durability) => {
    for (let ends = 0; ends <= 24; ends++) {
      for (let seed = 0; seed < 4; seed++) {
        const { told, disk, faults } = workload(ends, seeded(seed * 31 + ends), 'kill', { durability })
        expect([ends, seed, told.faults(disk), faults]).toEqual([ends, seed, [], []])
      }
    }
  })

  it.each([
    ['always', ['kill', 'crash'], 0],
    ['always', ['kill', 'crash'], 0.05],
    ['interval', ['kill', 'crash'], 0],
    ['interval', ['kill'], 0.05],
    ['never', ['kill', 'crash'], 0],
    ['never', ['kill'], 0.05],
  ] as const)('[EN22] through many ends with durability %s, ends %j and refusals %d', (durability, ends, refusals) => {
    let [segments, cleaned] = [0, 0]
    for (let seed = 0; seed < 6; seed++) {
      const end = saga(seed, { durability }, ends, refusals)
      segments += end.segments
      cleaned += end.cleaned
      expect(end).toEqual({ ...end, faults: [] })
    }
    expect(segments).toBeGreaterThan(6 * 4 * 2)
    expect(cleaned).toBeGreaterThan(6 * 4)
  })
})
