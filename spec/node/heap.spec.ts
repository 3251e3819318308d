import v8 from 'node:v8'
import * as E from '#fp/Either'
import { openEngine } from '../../lib/node/engine.js'
import { heapShare } from '../../lib/node/heap.js'
import type { MemoryEngine } from '../../lib/server/memory.js'
import { entry, now } from '../server/support/engine.js'
import { open } from './files/rig.js'
import { shakyDisk } from './files/shaky-disk.js'
import { now as nowOn } from './files/rig.js'

const small = { ...v8.getHeapStatistics(), heap_size_limit: 40_000 }

describe('the heap', () => {
  afterEach(() => {
    jest.restoreAllMocks()
  })

  it('[EN42] rooms take a quarter of it unless told otherwise, in memory and on files', () => {
    expect(heapShare()).toBe(Math.floor(v8.getHeapStatistics().heap_size_limit / 4))
    jest.spyOn(v8, 'getHeapStatistics').mockReturnValue(small)
    const engines: MemoryEngine[] = []
    openEngine(undefined).subscribe((opened) => {
      if (E.isRight(opened)) engines.push(opened.right.engine as MemoryEngine)
    })
    for (let n = 0; n < 30; n++) now(engines[0]!.append(`room ${n}`, [entry(1)]))
    expect(engines[0]?.held().bytes).toBeGreaterThan(7_000)
    expect(engines[0]?.held().bytes).toBeLessThanOrEqual(10_000)
    const disk = shakyDisk()
    const [given, told] = [open(disk).engine, open(shakyDisk(), { totalBytes: 1e6 }).engine]
    for (let n = 0; n < 30; n++) nowOn(disk, given.append(`room ${n}`, [entry(1)]))
    expect(given.held().bytes).toBeLessThanOrEqual(10_000)
    expect(told.held().bytes).toBe(0)
  })
})
