import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from '#fp/Either'
import { anything, type Receipt } from '../../lib/index.js'
import { build, connected, endAll, fileOf, remove, rx, served, until } from './support.js'

const scratch = mkdtempSync(join(tmpdir(), 'rx-rooms-data-'))

beforeAll(build)
afterEach(endAll)
afterAll(() => {
  remove()
  rmSync(scratch, { recursive: true })
})

describe('serve --data', () => {
  it.each(['always', 'interval', 'never'])(
    '[CL16][EN33] with --fsync %s it is killed again and again: nothing is lost, nothing comes twice, nothing is told as a gap',
    async (fsync) => {
      const directory = join(scratch, `killed-${fsync}`)
      const args = ['--data', directory, '--fsync', fsync, '--quiet']
      let server = await served(args)
      const { port } = new URL(server.url)
      const [writer, reader] = [connected(server.url), connected(server.url)]
      const heard: unknown[] = []
      const wrong: unknown[] = []
      for (const room of ['a', 'b']) {
        reader
          .room(room, anything)
          .on('e')
          .subscribe((each) => {
            if (E.isLeft(each)) wrong.push(each.left)
            else heard.push(each.right.data)
          })
      }
      const joined = new Set<string>()
      for (const room of ['a', 'b']) {
        reader.room(room, anything).membership$.subscribe(({ _tag }) => {
          if (_tag === 'In') joined.add(room)
        })
      }
      await until('the reader to be in', () => joined.size === 2)
      const receipts: Receipt[] = []
      let sent = 0
      const send = (): void => {
        const room = sent % 2 === 0 ? 'a' : 'b'
        writer
          .room(room, anything)
          .post('e', sent++)
          .subscribe((each) => {
            if (E.isLeft(each)) wrong.push(each.left)
            else receipts.push(each.right)
          })
      }
      for (let kill = 0; kill < 2; kill++) {
        const before = receipts.length
        await until('some receipts', () => {
          for (let n = 0; n < 10 && sent - receipts.length < 120; n++) send()
          return receipts.length >= before + 60
        })
        server.process.kill('SIGKILL')
        await server.code()
        server = await served([...args, '--port', port])
        expect(server.err()).toBe('')
      }
      await until('every receipt', () => receipts.length === sent)
      await until('every message', () => heard.length >= sent)
      expect(wrong).toEqual([])
      const numbers = Array.from({ length: sent }, (_, n) => n)
      for (const parity of [0, 1]) {
        expect(heard.filter((n) => Number(n) % 2 === parity)).toEqual(numbers.filter((n) => n % 2 === parity))
      }
      const epochs = new Set(receipts.map(({ room, position }) => `${room} ${position.epoch}`))
      expect(epochs.size).toBe(2)
      expect(new Set(receipts.map(({ durability }) => durability))).toEqual(
        new Set([fsync === 'always' ? 'disk' : 'process']),
      )
    },
  )

  it('[CL19] SIGTERM closes the directory: what was said before is there afterwards', async () => {
    const directory = join(scratch, 'closed')
    const first = await served(['--data', directory, '--fsync', 'never'])
    await first.told(`rooms in ${directory}, fsync never, no tokens`)
    const sent = rx(['send', first.url, 'r', 'e', '"hello"', '--json'])
    expect(await sent.code()).toBe(0)
    expect(sent.values()).toMatchObject([{ offset: 1, durability: 'process' }])
    first.process.kill('SIGTERM')
    expect(await first.code()).toBe(0)
    expect(readFileSync(join(directory, 'mark'), 'utf8')).toContain('"closed":true')
    const second = await served(['--data', directory])
    const tail = rx(['tail', second.url, 'r', '--last', '5', '--count', '1'])
    expect(await tail.code()).toBe(0)
    expect(tail.out()).toEqual(['r #1 e "hello"'])
  })

  it('[CL18] a directory that another server uses ends with 5 and says what to do', async () => {
    const directory = join(scratch, 'shared')
    const first = await served(['--data', directory])
    const second = rx(['serve', '--port', '0', '--data', directory])
    expect(await second.code()).toBe(5)
    expect(second.out()).toEqual([])
    expect(second.err()).toMatch(
      /^rx-rooms: Cannot keep rooms in .*shared: another server uses it .*choose another.*\n$/,
    )
    first.process.kill('SIGKILL')
    await first.code()
    await served(['--data', directory])
  })

  it('[CL18] so do a file, and a directory of another version', async () => {
    const file = fileOf('no-directory', 'text')
    const other = join(scratch, 'other')
    const first = await served(['--data', other])
    first.process.kill('SIGTERM')
    await first.code()
    writeFileSync(join(other, 'mark'), '{"format":"rx-rooms","version":99}')
    const said = async (directory: string): Promise<string> => {
      const run = rx(['serve', '--port', '0', '--data', directory])
      expect(await run.code()).toBe(5)
      expect(run.err().split('\n')).toHaveLength(2)
      return run.err()
    }
    expect(await said(file)).toContain('Give a directory')
    expect(await said(other)).toContain('version 99')
  })

  it('[CL17] --fsync takes three words, and is nothing without --data', async () => {
    const wrong = rx(['serve', '--data', scratch, '--fsync', 'sometimes'])
    expect(await wrong.code()).toBe(2)
    expect(wrong.err()).toMatch(/^rx-rooms: .*always, interval, never.*\n$/)
    const alone = rx(['serve', '--fsync', 'never'])
    expect(await alone.code()).toBe(2)
    expect(alone.err()).toMatch(/^rx-rooms: .*--data DIR.*\n$/)
    const empty = rx(['serve', '--data', ''])
    expect(await empty.code()).toBe(2)
  })

  it('[CL45] --new-epochs begins a new epoch in every room of a directory, logs it, and is nothing without --data', async () => {
    const directory = join(scratch, 'restored')
    const first = await served(['--data', directory])
    expect(await rx(['send', first.url, 'r', 'e', '"hello"']).code()).toBe(0)
    first.process.kill('SIGTERM')
    await first.code()
    const second = await served(['--data', directory, '--new-epochs'])
    await second.told('engine: new epochs were asked for')
    await second.told('engine: 1 rooms have a new epoch: messages of theirs may be lost')
    const tail = rx(['tail', second.url, 'r', '--last', '5', '--count', '1'])
    expect(await tail.code()).toBe(0)
    expect(tail.out()).toEqual(['r #1 e "hello"'])
    const alone = rx(['serve', '--new-epochs'])
    expect(await alone.code()).toBe(2)
    expect(alone.err()).toMatch(/^rx-rooms: .*--data DIR.*\n$/)
  })
})
