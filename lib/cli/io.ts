import type { Readable, Writable } from 'node:stream'
import type { Ansis } from 'ansis'
import { fromEvent, map, merge, type Observable } from 'rxjs'
import { type Environment, type Notes, notes, painter, type Sink } from './notes.js'
import { type Output, output } from './output.js'

export type Signal = 'SIGINT' | 'SIGTERM'

/** What stdin is. */
export type Input = Readable & { readonly isTTY?: boolean; readonly fd?: number }

/** Everything outside that a command touches. */
export interface Io {
  readonly environment: Environment
  readonly stdin: () => Input
  readonly out: Output
  /** Colours for `out`. */
  readonly paint: Ansis
  readonly notes: Notes
  /** Somebody wants this command to end. */
  readonly signal$: Observable<Signal>
}

export const ioOf = (process: NodeJS.Process): Io => {
  const { stdout, stderr, env: environment } = process
  const told = notes(stderr, environment)
  const signal = (name: Signal): Observable<Signal> => fromEvent(process, name).pipe(map(() => name))
  return {
    environment,
    stdin: () => process.stdin,
    out: output(stdout as Writable, stdout.isTTY ? told.clear : () => undefined),
    paint: painter(stdout as Sink, environment),
    notes: told,
    signal$: merge(signal('SIGINT'), signal('SIGTERM')),
  }
}
