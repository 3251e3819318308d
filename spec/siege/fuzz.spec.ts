import { seeded } from '../../lib/testing/random.js'
import { mutant } from '../../siege/fuzz/mutate.js'
import { isSound, lineOf } from '../../siege/fuzz/report.js'
import { clientFrames } from '../../siege/fuzz/samples.js'
import { fuzzClient } from '../../siege/fuzz/to-client.js'
import { fuzzServer } from '../../siege/fuzz/to-server.js'

describe('frames with changes', () => {
  it('[SI6] end no server, reach no defect of it, and keep honest clients from nothing', () => {
    const report = fuzzServer(3_000, 7)
    expect(report).toMatchObject({ defects: [], begun: 3, done: 3 })
    expect(report.links).toBeGreaterThan(100)
    expect(report.codes['protocol/malformed']).toBeGreaterThan(100)
  })

  it('[SI6] end no client, reach no defect of it, and an honest server gets through to it afterwards', () => {
    const report = fuzzClient(3_000, 7)
    expect(report).toMatchObject({ defects: [], begun: 15, done: 15 })
    expect(report.codes['BadFrame']).toBeGreaterThan(100)
  })

  it('[SI6] are the same for the same seed, and most of them differ from valid ones', () => {
    const of = (seed: number): readonly string[] => {
      const random = seeded(seed)
      return Array.from({ length: 500 }, () => mutant(clientFrames, random))
    }
    expect(of(3)).toEqual(of(3))
    expect(of(3)).not.toEqual(of(4))
    const valid = new Set(clientFrames.map((frame) => JSON.stringify(frame)))
    expect(of(3).filter((text) => valid.has(text)).length).toBeLessThan(150)
  })

  it('[SI6] a report names what went wrong', () => {
    const report = {
      frames: 10,
      links: 2,
      begun: 3,
      done: 2,
      defects: ['TypeError: x'],
      codes: { 'room/busy': 2, a: 1_000 },
    }
    expect([isSound(report), isSound({ ...report, defects: [] }), isSound({ ...report, done: 3 })]).toEqual([
      false,
      false,
      false,
    ])
    expect(lineOf('server', report)).toBe(
      '10 frames to the server, over 2 connections:\n  1 defects; 2 of 3 honest messages delivered\n  a 1,000, room/busy 2\n  defect: TypeError: x',
    )
  })
})
