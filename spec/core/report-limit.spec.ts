import { reportLimit } from '../../lib/core/report-limit.js'
import { deadlines } from '../../lib/core/deadlines.js'
import { virtualTime } from '../../lib/testing/virtual.js'

const rig = () => {
  const time = virtualTime()
  const told: string[] = []
  const limited = reportLimit(time.now, deadlines(time).at)
  const tell = (kind: string, text: string): void => {
    limited(kind, (more) => {
      told.push(text + more)
    })
  }
  return { time, told, tell }
}

describe('bursts', () => {
  it('[CT70] of a kind are told up to twenty a second, then the last with how many were left out', () => {
    const { time, told, tell } = rig()
    for (let n = 1; n <= 1_000; n++) tell('a', `a${n}`)
    tell('b', 'b1')
    expect(told).toHaveLength(21)
    time.advanceBy(1_000)
    expect(told.slice(19)).toEqual(['a20', 'b1', 'a1000 (979 more like this one were left out)'])
    tell('a', 'later')
    expect(told.at(-1)).toBe('later')
    time.advanceBy(10_000)
    expect(told).toHaveLength(23)
  })

  it('[CT70] one that is left out is told later, alone', () => {
    const { time, told, tell } = rig()
    for (let n = 1; n <= 21; n++) tell('a', `a${n}`)
    time.advanceBy(999)
    expect(told).toHaveLength(20)
    time.advanceBy(1)
    expect(told.at(-1)).toBe('a21')
  })

  it('[CT70] of many kinds take no memory for ever', () => {
    const { told, tell } = rig()
    for (let n = 0; n < 10_000; n++) tell(`kind ${n}`, 'x')
    expect(told).toHaveLength(10_000)
  })
})
