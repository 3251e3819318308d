import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { blocksOf } from '../../../lib/node/files/block.js'
import type { Manifest } from '../../../lib/node/files/manifest.js'
import { files } from '../../../lib/node/index.js'
import { hello, join as joinOf, pub } from '../../server/support/peer.js'
import { answered, connected, holds, started, stopAll } from '../support.js'

const scratch = mkdtempSync(join(tmpdir(), 'rx-rooms-served-'))

afterEach(stopAll)
afterAll(() => {
  rmSync(scratch, { recursive: true })
})

/** Whether the newest mark of a directory says that it was closed. */
const isClosedIn = (directory: string): boolean => {
  const marks = [...blocksOf(readFileSync(join(directory, 'mark')))].map(({ text }) => JSON.parse(text) as Manifest)
  return marks.sort((a, b) => b.number - a.number)[0]?.closed === true
}

describe('serve with an engine on files', () => {
  it('[EN34] opens it before it listens, closes it at its end, and goes on with it', async () => {
    const directory = join(scratch, 'rooms')
    const first = await started({ engine: files({ directory }) })
    const peer = await connected(first.server.url)
    peer.send(hello({ rooms: [joinOf(1, 'r')] }), pub(1, 'r', 1), pub(2, 'r', 2))
    await holds('both messages', () => peer.offsets().length === 2)
    expect(peer.frames[0]).toMatchObject({ t: 'welcome', durability: 'disk' })
    expect(isClosedIn(directory)).toBe(false)
    let isClosed = false
    first.server.close().subscribe({
      complete: () => {
        isClosed = true
      },
    })
    await holds('the close', () => isClosed)
    expect(isClosedIn(directory)).toBe(true)
    const second = await started({ engine: files({ directory }) })
    const again = await connected(second.server.url)
    again.send(
      hello({ session: { instance: 'i1', generation: 2 }, rooms: [joinOf(1, 'r', { from: { last: 9 } })] }),
      pub(1, 'r', 2, { flags: 1 }),
    )
    await holds('the log', () => again.offsets().length === 2)
    await holds('the first receipt', () => again.frames.some((frame) => !('t' in frame) && frame[0] === 'a'))
    expect(again.offsets()).toEqual([1, 2])
  })

  it('[EN34] closing the server closes it too', async () => {
    const directory = join(scratch, 'unsubscribed')
    const { stop } = await started({ engine: files({ directory }) })
    stop()
    await holds('the close', () => existsSync(join(directory, 'mark')) && isClosedIn(directory))
    await holds('the end of the hold', () => !readdirSync(directory).some((name) => name.startsWith('lock')))
  })

  it('[EN34] an engine that cannot be opened is the answer, and so is a port that is taken: then the engine is closed', async () => {
    const file = join(scratch, 'file')
    writeFileSync(file, '')
    const { result, isComplete } = await answered({ port: 0, engine: files({ directory: file }) })
    expect(result).toMatchObject({ left: { code: 'server/directory-unusable' } })
    expect(isComplete()).toBe(true)
    const { server } = await started()
    const directory = join(scratch, 'taken')
    const taken = await answered({ port: server.port, engine: files({ directory }) })
    expect(taken.result).toMatchObject({ left: { code: 'server/port-taken' } })
    await holds('the end of it', taken.isComplete)
    expect(isClosedIn(directory)).toBe(true)
  })

  it('[EN34] what was found damaged is among the faults, for whoever listens later too', async () => {
    const directory = join(scratch, 'damaged')
    const first = await started({ engine: files({ directory }) })
    const peer = await connected(first.server.url)
    peer.send(hello(), pub(1, 'r', 1))
    await holds('the receipt', () => peer.tags().includes('a'))
    first.stop()
    await holds('the close', () => isClosedIn(directory))
    await holds('the end of the hold', () => !readdirSync(directory).some((name) => name.startsWith('lock')))
    const journal = join(directory, 'journal-000000001')
    writeFileSync(journal, readFileSync(journal).subarray(0, -1))
    const second = await started({ engine: files({ directory }) })
    const faults: string[] = []
    second.server.faults$.subscribe(({ where, message }) => faults.push(`${where}: ${message}`))
    expect(faults[0]).toMatch(
      /^engine: journal-000000001 is damaged at byte \d+; it is kept as damaged-journal-000000001$/,
    )
    expect(readdirSync(directory)).toContain('damaged-journal-000000001')
  })
})
