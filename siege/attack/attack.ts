import type { Ground, Tally } from '../run/talk.js'
import type { Field } from './field.js'

export interface Attack {
  readonly description: string
  readonly ground?: Ground
  readonly run: (field: Field) => Promise<void>
  /** What of its tally is beyond a bound of the server; nothing where all is within. */
  readonly excess?: (tally: Tally, seconds: number) => string | undefined
}
