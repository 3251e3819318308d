import { PassThrough } from 'node:stream'
import fc from 'fast-check'
import { NEVER, Subject } from 'rxjs'
import * as E from '#fp/Either'
import { type Flow, lines } from '../../lib/cli/lines.js'
import { until } from '../support/until.js'

const open: Flow = { isFull: () => false, freed$: NEVER }

/** What is read of these chunks: lines as `number:text`, and how it ended. */
const read = async (chunks: readonly Buffer[], flow: Flow = open): Promise<readonly string[]> => {
  const input = new PassThrough()
  const seen: string[] = []
  let isComplete = false
  lines(input, flow).subscribe({
    next: (line) =>
      seen.push(
        E.isRight(line) ? `${line.right.number}:${line.right.text}` : `${line.left.number}!${line.left.because}`,
      ),
    complete: () => (isComplete = true),
  })
  for (const chunk of chunks) input.write(chunk)
  input.end()
  await until('the end', () => isComplete)
  return seen
}

const cutUp = (bytes: Buffer, cuts: readonly number[]): readonly Buffer[] => {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b)
  return [...places, bytes.length].map((to, at) => bytes.subarray(at === 0 ? 0 : places[at - 1], to))
}

describe('lines', () => {
  it('[CL31] come out the same however the input is cut, numbered with the blank ones', async () => {
    const word = fc.constantFrom('a', '"ä👋"', '', '  ', '{}', '1\r')
    await fc.assert(
      fc.asyncProperty(fc.array(word), fc.array(fc.nat()), fc.boolean(), async (words, cuts, isEnded) => {
        const text = words.join('\n') + (isEnded ? '\n' : '')
        const expected = text
          .split('\n')
          .map((line, at) => `${at + 1}:${line.replace(/\r$/, '')}`)
          .filter((line) => line.replace(/^\d+:/, '').trim() !== '')
        expect(await read(cutUp(Buffer.from(text), cuts))).toEqual(expected)
      }),
      { numRuns: 60 },
    )
  })

  it('[CL33] end at what is not UTF-8 and at a line without an end', async () => {
    expect(await read([Buffer.from('1\n'), Buffer.from([0x22, 0xff, 0x22, 0x0a]), Buffer.from('3\n')])).toEqual([
      '1:1',
      '2!not UTF-8',
    ])
    const mebibyte = Buffer.alloc(2 ** 20, 'x')
    expect(await read(Array.from({ length: 17 }, () => mebibyte))).toEqual(['1!longer than 16 MiB'])
  })

  it('[CL35] are not read while what they go to is full', async () => {
    const input = new PassThrough()
    const freed$ = new Subject<void>()
    const seen: string[] = []
    let room = 2
    lines(input, { isFull: () => room === 0, freed$ }).subscribe((line) => {
      room--
      seen.push(E.isRight(line) ? line.right.text : '!')
    })
    input.write('1\n2\n3\n')
    await until('two lines', () => seen.length === 2)
    input.write('4\n')
    expect(input.isPaused()).toBe(true)
    room = 1
    freed$.next()
    expect(seen).toEqual(['1', '2', '3'])
    expect(input.isPaused()).toBe(true)
    room = 9
    freed$.next()
    await until('the last line', () => seen.length === 4)
    expect(input.isPaused()).toBe(false)
  })

  it('[CL40] nothing is read any more once nobody wants it', async () => {
    const input = new PassThrough()
    const reading = lines(input, open).subscribe()
    await until('reading', () => !input.isPaused())
    reading.unsubscribe()
    expect(input.isPaused()).toBe(true)
    expect([input.listenerCount('data'), input.listenerCount('end')]).toEqual([0, 0])
  })
})
