// Mutation testing, by hand: `npm run mutation`, or `npm run mutation -- token rooms/joins`. Each mutant of a folder of lib/
// is run against the specs that pass it, those of the folder first, up to the first that fails; with `--slow` what survives
// is run against the slow ones too. Specs that do not pass outside jest, each file alone or
// all in one world as they judge, are left out.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundle, instrument, specsOf } from './bundle.mjs'
import { judged, rehearsed, surveyed } from './judge.mjs'

/** What shows a folder beside its own specs. */
const SHOWN = {
  core: ['connection', 'outbox', 'history', 'rooms', 'operators', 'client', 'problems'],
  connection: ['client', 'problems', 'testing/model'],
  token: ['client', 'problems', 'testing/model'],
  rooms: ['history', 'client', 'problems', 'testing/model'],
}
/** Specs that take more time of a processor than this are slow; what they show others mostly show too. */
const SLOW_MS = 150
const WORKERS = 2
/**
 * `looped`: a place was passed far more often than without the mutant; `hung`: a spec took far longer. On a busy machine that
 * may be chance, so both are told one by one like the survivors, though they count as found.
 */
const VERDICTS = ['killed', 'crashed', 'looped', 'hung', 'survived', 'uncovered']
const found = (verdict) => VERDICTS.indexOf(verdict) < 4

const cache = mkdtempSync(join(tmpdir(), 'rx-rooms-mutation-'))
process.on('exit', () => rmSync(cache, { recursive: true, force: true }))
process.on('SIGINT', () => process.exit(130))

const line = (text) => text.replaceAll(/\s+/g, ' ').slice(0, 100)

const run = async (target, withSlow) => {
  const folder = target.split('/')[0]
  rmSync(cache, { recursive: true, force: true })
  const mutants = await instrument(target, cache)
  const files = specsOf([folder, ...SHOWN[folder]])
  const script = await bundle(files, cache)
  const leftOut = (text) => console.log(`left out: ${text}`)
  const all = await surveyed(script, files, WORKERS, leftOut)
  const isFirst = ({ file, cpuMs }) => file.startsWith(`spec/${folder}/`) && cpuMs < 100
  const specs = all.sort((a, b) => isFirst(b) - isFirst(a) || a.cpuMs - b.cpuMs)
  const rehearsal = (isSlow) => {
    const chosen = specs.filter(({ cpuMs }) => cpuMs > SLOW_MS === isSlow)
    return isSlow && !withSlow ? chosen : rehearsed(script, chosen, leftOut)
  }
  const [quick, slow] = [await rehearsal(false), await rehearsal(true)]
  console.log(`${target}: ${mutants.length} mutants, ${quick.length} specs and ${slow.length} slow ones`)

  const verdicts = new Map()
  const told = (id, said) => {
    verdicts.set(id, said)
    if (verdicts.size % 50 === 0) console.log(`${target}: ${verdicts.size} of ${mutants.length}`)
    if (said.verdict === 'killed') return
    const { at, what, from, to } = mutants.find((mutant) => mutant.id === id)
    const by = said.by ? ` (${said.by})` : ''
    console.log(`${said.verdict}: ${at} ${what}: ${line(from)} → ${line(to)}${by}`)
  }
  await judged(script, mutants, quick, { workers: WORKERS, told })
  const left = mutants.filter(({ id }) => !found(verdicts.get(id).verdict))
  const toldSlow = (id, said) => {
    if (found(said.verdict)) told(id, said)
  }
  if (withSlow) await judged(script, left, slow, { workers: WORKERS, told: toldSlow })

  const counts = VERDICTS.map((verdict) => [verdict, mutants.filter(({ id }) => verdicts.get(id).verdict === verdict)])
  const score = (100 * mutants.filter(({ id }) => found(verdicts.get(id).verdict)).length) / mutants.length
  const words = counts.map(([verdict, { length }]) => `${length} ${verdict}`).join(', ')
  console.log(`${target}: ${score.toFixed(1)} % of ${mutants.length}: ${words}`)
}

const asked = process.argv.slice(2).filter((word) => word !== '--slow')
const unknown = asked.filter((target) => !Object.hasOwn(SHOWN, target.split('/')[0]))
if (unknown.length > 0) {
  console.error(`Unknown: ${unknown.join(' ')}. Folders: ${Object.keys(SHOWN).join(' ')}.`)
  process.exit(2)
}
for (const target of asked.length > 0 ? asked : Object.keys(SHOWN)) await run(target, process.argv.includes('--slow'))
