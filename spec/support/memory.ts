import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { until } from './until.js'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Bytes in use once the garbage is out. */
export const heapBytes = (): number => {
  collect()
  collect()
  return process.memoryUsage().heapUsed
}

/** Frees the memory of earlier suites in this process: V8 gives some of it back only after a turn of the event loop. */
export const freeEarlierMemory = async (): Promise<void> => {
  let before = Infinity
  await until('the memory of earlier suites is free', () => {
    const now = heapBytes()
    const isFree = now > before - 100_000
    before = now
    return isFree
  })
}
