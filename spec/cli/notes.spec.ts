import { type Environment, notes, type Sink } from '../../lib/cli/terminal.js'
import { progressLine } from '../../lib/cli/progress.js'

const told = (terminal: Partial<Sink>, environment: Environment = {}) => {
  let text = ''
  const to = notes({ ...terminal, write: (more) => (text += more), on: () => undefined }, environment)
  return { ...to, text: () => text }
}
const tally = { given: 0, sent: 0, acknowledged: 0, failed: 0, unknown: 0 }

describe('what people are told', () => {
  it('[CL6] is plain where no terminal is, or none is wanted', () => {
    for (const plain of [told({}), told({ isTTY: true }, { TERM: 'dumb' })]) {
      plain.draw('drawn')
      plain.warn('told\u001b[31m')
      plain.draw('')
      expect(plain.text()).toBe('rx-rooms: told\\u001b[31m\n')
    }
    const colourless = told({ isTTY: true }, { NO_COLOR: '1' })
    colourless.fail('told')
    expect(colourless.text()).toBe('rx-rooms: told\n')
    const forced = told({}, { FORCE_COLOR: '1' })
    forced.fail('told')
    expect(forced.text()).toBe('\u001b[31mrx-rooms: told\u001b[39m\n')
  })

  it('[CL6] takes what is drawn away before a line, and at the end', () => {
    const live = told({ isTTY: true }, { NO_COLOR: '1' })
    live.draw('1 of 3')
    live.draw('2 of 3')
    live.say('told')
    live.draw('3 of 3')
    live.draw('')
    const erase = '\r\u001b[2K'
    expect(live.text()).toBe(`1 of 3${erase}2 of 3${erase}rx-rooms: told\n3 of 3${erase}`)
  })
})

describe('progress', () => {
  it('[CL43] is a bar where the end is known, and figures where it is not', () => {
    const half = { ...tally, acknowledged: 1_500, failed: 500 }
    expect(progressLine({ tally: half, total: 4_000, elapsedMs: 1_000, columns: 80 })).toBe(
      `${'█'.repeat(16)}▌${'░'.repeat(16)}  2\u202f000 of 4\u202f000 messages  1\u202f500/s  500 failed`,
    )
    expect(progressLine({ tally: half, total: undefined, elapsedMs: 2_000, columns: 80 })).toBe(
      '2\u202f000 messages  750/s  500 failed',
    )
    const whole = progressLine({ tally: { ...tally, acknowledged: 7 }, total: 7, elapsedMs: 0, columns: 200 })
    expect(whole).toBe(`${'█'.repeat(40)}  7 of 7 messages  0/s`)
  })

  it('[CL43] always fits in one line of the terminal', () => {
    for (let columns = 1; columns < 120; columns++) {
      for (const total of [undefined, 0, 9, 1e9]) {
        const line = progressLine({ tally: { ...tally, acknowledged: 9 }, total, elapsedMs: 1, columns })
        expect(line.length).toBeLessThan(Math.max(1, columns))
      }
    }
  })
})
