#!/usr/bin/env node
import { take } from 'rxjs'
import manifest from '../../package.json' with { type: 'json' }
import { thrownText } from '../core/guard.js'
import { exit, type Exit, exitCodes } from './exit.js'
import { ioOf } from './io.js'
import { unwritable } from './output.js'
import { program } from './program.js'

const io = ioOf(process)
let isEnding = false

/** Prints the reason, flushes all output, and ends the process; a signal meanwhile ends it at once. */
const end = ({ code, because }: Exit): void => {
  if (isEnding) return
  isEnding = true
  if (because !== undefined) io.notes.fail(because)
  const leave = (over = code): void => {
    process.stderr.write('', () => process.exit(over))
  }
  io.signal$.pipe(take(1)).subscribe({ next: () => process.exit(code), error: defect })
  const isInterrupted = code === exitCodes.SIGINT.code || code === exitCodes.SIGTERM.code
  // An interrupt does not wait for a slow reader.
  if (isInterrupted) leave()
  else
    io.out.flush(() => {
      leave()
    })
  io.out.broken$.subscribe({
    next: (error) => {
      leave(code === 0 ? unwritable(error).code : code)
    },
    error: defect,
  })
}

const defect = (thrown: unknown): void => {
  end(exit('defect', `this is a defect of rx-rooms, please report it: ${thrownText(thrown)}`))
}

process.on('uncaughtException', defect)
program(process.argv.slice(2), manifest.version, io).pipe(take(1)).subscribe({ next: end, error: defect })
