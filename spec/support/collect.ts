import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { turn } from './until.js'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Collects garbage until none of these is left, or ten times; gives how many are left. */
export const survivors = async (references: readonly WeakRef<object>[]): Promise<number> => {
  const left = (): number => references.filter((each) => each.deref() !== undefined).length
  for (let round = 0; round < 10 && left() > 0; round++) {
    // References that were read in a turn are kept until its end.
    await turn()
    collect()
  }
  return left()
}
