import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { judge, termsOf } from '../../chaos/campaign/judge.js'
import { writeEnd, writeTerms } from '../../chaos/campaign/manifest.js'
import { appendTo } from '../../chaos/history/file.js'
import type { AnyRecord } from '../../chaos/history/record.js'
import { main } from '../../chaos/main.js'
import type { Coverage } from '../../chaos/checker/evidence.js'
import { find, goodRun, of, type Run } from './support.js'

describe('judging again', () => {
  let folder: string
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'rx-rooms-judge-'))))
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  const history = (name: string, records: readonly AnyRecord[]): void => {
    const write = appendTo(join(folder, `${name}.jsonl`), name)
    for (const record of records) write(record)
    write.flush()
  }
  /** The histories of a run, with the server's in two lives, of which the later is listed first. */
  const kept = (run: Run, cover: readonly Coverage[] = []): void => {
    writeTerms(folder, termsOf(cover))
    for (const [life, records] of run.lives) history(`${life}.1`, records)
    const middle = Math.floor(run.server.length / 2)
    history('server.9', run.server.slice(0, middle))
    history('server.10', run.server.slice(middle))
    history('director', run.director)
    writeFileSync(join(folder, 'final.json'), JSON.stringify(run.logs))
    writeFileSync(join(folder, 'complaints.txt'), '')
  }
  const ended = (...mishaps: readonly string[]): void => {
    writeEnd(folder, { mishaps, heap: [{ name: 'server', before: 1e6, after: null }] })
  }
  const commanded = async (...args: readonly string[]): Promise<readonly [code: number, said: string]> => {
    const said: string[] = []
    const hear = (...words: unknown[]): void => void said.push(words.join(' '))
    const spies = (['log', 'error'] as const).map((kind) => jest.spyOn(console, kind).mockImplementation(hear))
    const code = await main(args, { server: '', client: '' })
    for (const spy of spies) spy.mockRestore()
    return [code, said.join('\n')]
  }
  const judged = (where: string) => commanded('--judge', where)

  it('[CH16] a folder has the verdict of its run', async () => {
    const run = goodRun(2_000)
    kept(run)
    ended()
    const { verdict, minutes } = judge(folder)
    expect([verdict.violations, verdict.figures]).toEqual([[], expect.objectContaining({ sent: 500, logged: 500, lives: 4 })]) // prettier-ignore
    expect(minutes).toBeGreaterThan(0)
    expect(await judged(folder)).toEqual([0, expect.stringContaining('no violation in')])
  })

  it('[CH16] what was wrong is named again', async () => {
    const run = goodRun(2_000)
    const records = of(run, 's1')
    records.splice(find(records, ([kind]) => kind === 'delivered'), 1) // prettier-ignore
    kept(run)
    ended()
    expect(await judged(folder)).toEqual([1, expect.stringContaining('stream/hole')])
  })

  it('[CH16] what it was to show and what it said of itself count again', async () => {
    kept(goodRun(400), ['quarantine'])
    ended()
    expect(await judged(folder)).toEqual([1, expect.stringContaining('no quarantine was seen')])
    writeTerms(folder, termsOf([]))
    ended('server.2 died')
    expect(await judged(folder)).toEqual([1, expect.stringContaining('server.2 died')])
    ended()
    expect(await judged(folder)).toEqual([0, expect.stringContaining('–')])
  })

  it('[CH16] a campaign that did not end has failed', async () => {
    kept(goodRun(400))
    expect(await judged(folder)).toEqual([1, expect.stringContaining('the campaign did not end')])
  })

  it('[CH16] a folder without histories is 2', async () => {
    expect(await judged(folder)).toEqual([2, `error: there are no histories of a campaign in ${folder}`])
    expect(await judged(join(folder, 'none'))).toEqual([2, expect.stringContaining('no histories')])
  })

  it('[CH12] histories are not kept where there is anything', async () => {
    const refused = (where: string) => [2, `error: --keep needs a folder that is new or empty: ${where} is not`]
    const file = join(folder, 'director.jsonl')
    writeFileSync(file, '')
    for (const where of [folder, file]) expect(await commanded('--keep', where)).toEqual(refused(where))
  })
})
