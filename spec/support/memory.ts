import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Bytes in use once the garbage is out. */
export const heapBytes = (): number => {
  collect()
  collect()
  return process.memoryUsage().heapUsed
}

const turnOfTheEventLoop = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve)
  })

/** Frees the memory of earlier suites in this process: V8 gives some of it back only after a turn of the event loop. */
export const freeEarlierMemory = async (): Promise<void> => {
  for (let before = Infinity, now = heapBytes(); now < before - 100_000;) {
    await turnOfTheEventLoop()
    before = now
    now = heapBytes()
  }
}
