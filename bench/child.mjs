// A process of a bench.
import { fork } from 'node:child_process'

/** Starts it; if it fails, whenever that is, the bench is over, and says which process it was. */
export const child = (who, file, { args = [], env = {} } = {}) => {
  const started = fork(file, args, { env: { ...process.env, ...env } })
  started.once('exit', (code, signal) => {
    if (code === 0) return
    console.error(`${who} died: ${signal ?? `exit code ${code}`}`)
    process.exit(1)
  })
  return started
}
