// Workers, and what they say of mutants.
import { fork } from 'node:child_process'
import { join } from 'node:path'

/** A spec that takes longer than this much more than it did hangs. */
const patience = (ms) => 10_000 + 20 * ms
/** A mutant that is passed this much more often than the original loops. */
const loops = (hits) => 10_000 + 100 * hits
/** What failing specs are tried first on the next mutant. */
const FAVOURITES = 3

/** A process that answers one task at a time, and is made anew where it hangs or dies. */
const worker = (bundle) => {
  let child
  const start = () => {
    child = fork(join(import.meta.dirname, 'worker.mjs'), [bundle], { stdio: 'ignore', serialization: 'advanced' })
  }
  const ask = (task, limitOf) =>
    new Promise((done) => {
      let timer
      let current
      const end = (answer) => {
        clearTimeout(timer)
        child.removeAllListeners()
        done(answer)
      }
      const waitFor = (ms) => {
        clearTimeout(timer)
        timer = setTimeout(() => {
          child.removeAllListeners()
          child.once('exit', () => {
            end({ verdict: 'hung', by: current })
            start()
          })
          child.kill('SIGKILL')
        }, ms)
      }
      child.on('message', (said) => {
        if (said.beat === undefined) end(said)
        else {
          current = said.beat
          waitFor(limitOf(current))
        }
      })
      child.once('exit', () => {
        end({ verdict: 'crashed', by: current })
        start()
      })
      waitFor(60_000)
      child.send(task)
    })
  start()
  return { ask, stop: () => child.kill() }
}

const shared = (queue, workers, work) =>
  Promise.all(
    workers.map(async (each) => {
      while (queue.length > 0) await work(each, queue.shift())
    }),
  )

/** All specs that can be used, with what they cover; `told` hears of the others. */
export const surveyed = async (bundle, files, workers, told) => {
  const specs = []
  const crew = Array.from({ length: workers }, () => worker(bundle))
  await shared([...files], crew, async ({ ask }, file) => {
    const answer = await ask({ file }, () => 60_000)
    if (answer.verdict) told(`${file}: ${answer.verdict} ${answer.by ?? ''}`)
    for (const { failed, ...spec } of answer.specs ?? []) {
      if (failed) told(`${file}: ${spec.name}: ${failed}`)
      else specs.push({ key: `${file}#${spec.index}`, file, loading: answer.loading, ...spec })
    }
  })
  for (const { stop } of crew) stop()
  return specs
}

/**
 * The specs that pass without a mutant in the order and the one world in which they are to judge; `told` hears of the others:
 * what fails there fails because of what an earlier one had left, and would be counted as a kill.
 */
export const rehearsed = async (bundle, specs, told) => {
  const known = new Map(specs.map((spec) => [spec.key, spec]))
  const { ask, stop } = worker(bundle)
  let left = specs
  for (;;) {
    const rehearsal = left.map(({ file, index, key }) => ({ file, index, key }))
    const { failed = [], verdict, by } = await ask({ rehearsal }, (key) => patience(known.get(key).ms))
    const out = verdict ? [{ key: by, why: verdict }] : failed
    for (const { key, why } of out) told(`${known.get(key)?.file}: ${known.get(key)?.name}: ${why}`)
    if (out.length === 0) break
    if (verdict && by === undefined) throw new Error('The specs cannot be loaded together.')
    left = left.filter((spec) => out.every(({ key }) => key !== spec.key))
  }
  stop()
  return left
}

/** Tells the verdict on each mutant; specs are in the order in which they are to be tried. */
export const judged = async (bundle, mutants, specs, { workers, told }) => {
  const known = new Map(specs.map((spec) => [spec.key, spec]))
  let favourites = []
  const crew = Array.from({ length: workers }, () => worker(bundle))
  await shared([...mutants], crew, async ({ ask }, { id }) => {
    const hitsOf = ({ hits, loading }) => (hits[id] ?? 0) + (loading[id] ?? 0)
    const covering = specs.filter((spec) => hitsOf(spec) > 0)
    if (covering.length === 0) {
      told(id, { verdict: 'uncovered' })
      return
    }
    const first = favourites.map((key) => known.get(key)).filter((spec) => hitsOf(spec) > 0)
    const order = [...first, ...covering.filter((spec) => !first.includes(spec))]
    const task = {
      mutant: id,
      specs: order.map((spec) => ({
        file: spec.file,
        index: spec.index,
        key: spec.key,
        hitLimit: loops(hitsOf(spec)),
      })),
    }
    const limitOf = (key) => patience(known.get(key).ms)
    const { by, verdict, why } = await ask(task, limitOf)
    if (verdict === 'killed' && known.get(by).cpuMs < 100)
      favourites = [by, ...favourites.filter((key) => key !== by)].slice(0, FAVOURITES)
    told(id, { verdict, by: known.get(by)?.name, why, count: covering.length })
  })
  for (const { stop } of crew) stop()
}
