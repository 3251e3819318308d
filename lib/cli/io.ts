import { isatty } from 'node:tty'
import type { Readable } from 'node:stream'
import type { Ansis } from 'ansis'
import { fromEvent, map, merge, type Observable } from 'rxjs'
import { type Environment, type Notes, notes, painter } from './terminal.js'
import { type Output, output } from './output.js'

export type Signal = 'SIGINT' | 'SIGTERM'

/** Everything outside that a command touches. */
export interface Io {
  readonly environment: Environment
  readonly stdin: () => Readable
  /** True for input from a terminal. */
  readonly isInteractive: boolean
  readonly out: Output
  /** Colours for `out`. */
  readonly paint: Ansis
  readonly notes: Notes
  /** Emits a signal that asks the command to end. */
  readonly signal$: Observable<Signal>
}

export const ioOf = (process: NodeJS.Process): Io => {
  const { stdout, stderr, env: environment } = process
  const told = notes(stderr, environment)
  const signal = (name: Signal): Observable<Signal> => fromEvent(process, name).pipe(map(() => name))
  return {
    environment,
    stdin: () => process.stdin,
    isInteractive: isatty(0),
    out: output(stdout, stdout.isTTY ? told.clear : () => undefined),
    paint: painter(stdout, environment),
    notes: told,
    signal$: merge(signal('SIGINT'), signal('SIGTERM')),
  }
}
