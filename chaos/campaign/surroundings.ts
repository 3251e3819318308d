import { spawnSync } from 'node:child_process'
import type { Launcher } from './child.js'

/** Sets the host name, if that is permitted, and becomes the command that follows. */
const named = (host: string): readonly string[] => ['sh', '-c', 'hostname "$0" && exec "$@"', host]

/** Ways to start a process: as it is, under another host name, and as the first process of a namespace as in a container. */
const ways: readonly ((host: string) => Launcher)[] = [
  (host) => ['unshare', '--uts', ...named(host)],
  (host) => ['unshare', '--uts', '--pid', '--fork', '--kill-child', ...named(host)],
]

/** Launchers for the lives of a process, in turn: those that this machine permits. `undefined`: none is needed. */
export const surroundings = (): ((host: string, life: number) => Launcher | undefined) => {
  const permitted = ways.filter((way) => {
    const [command, ...args] = way('permitted')
    return spawnSync(command, [...args, 'true'], { timeout: 5_000 }).status === 0
  })
  return (host, life) => {
    const way = permitted[(life % (permitted.length + 1)) - 1]
    return way?.(host)
  }
}
