import { setPriority } from 'node:os'
import { attacks, isAttack } from '../attacks/table.js'
import type { FromAttacker, ToAttacker } from '../run/talk.js'
import { field } from './field.js'

// The server shares the machine with the attacker, which would be elsewhere: its share is a third of that of the server.
setPriority(process.pid, 5)

process.on('message', ({ name, port, ms }: ToAttacker) => {
  const tally: Record<string, number> = {}
  const count = (what: string, by = 1): void => {
    tally[what] = (tally[what] ?? 0) + by
  }
  const say = (message: FromAttacker): void => {
    if (process.connected) process.send?.(message)
  }
  if (!isAttack(name)) return
  const over = new Promise<void>((resolve) => {
    setTimeout(resolve, ms + 500)
  })
  const run = attacks[name].run(field(port, ms, count)).catch((error: unknown) => {
    console.error(error)
    count('defects')
  })
  void Promise.race([run, over]).then(() => {
    say({ _tag: 'tally', tally })
  })
})
process.on('disconnect', () => {
  process.exit(0)
})
