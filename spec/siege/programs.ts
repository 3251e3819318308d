import type { Programs } from '../../siege/run/besiege.js'
import { bundle } from '../support/bundle.js'

/** The processes of a siege as they are now. */
export interface Built {
  readonly programs: Programs
  readonly remove: () => void
}

export const build = (): Built => {
  const [server, good, attacker] = (['server', 'good', 'attack'] as const).map((name) =>
    bundle(`siege/${name}/main.ts`, 'bundle'),
  )
  return {
    programs: { server: server!.file, good: good!.file, attacker: attacker!.file },
    remove: () => {
      for (const built of [server, good, attacker]) built!.remove()
    },
  }
}
