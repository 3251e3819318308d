import type { Client } from '../../../lib/client/client.js'
import { fakeServer } from '../../../lib/testing/fake.js'
import { counted } from '../../server/support/world.js'
import { open } from './rig.js'
import type { ShakyDisk } from './shaky-disk.js'

/** A run of a server on files. */
export interface Run {
  /** The server's own calls, publishes and metrics. */
  readonly server: ReturnType<typeof fakeServer>
  readonly client: (user: string) => Client
  /** Lets time pass, in which the disk takes all its steps. */
  readonly pass: (ms?: number) => void
  /** Ends the server, and returns the disk. */
  readonly end: () => ShakyDisk
}

/** A server over the files of a disk; each run has clients of its own. */
export const serverOn = (disk: ShakyDisk, run: string): Run => {
  const { engine, time } = open(disk)
  const server = fakeServer(time, { engine, users: { ana: {}, ben: {}, eve: {} } })
  return {
    server,
    client: (as) => server.client({ as, ids: counted(`${run} ${as}`) }),
    pass: (ms = 100) => {
      for (let step = 0; step < 10; step++) {
        disk.run()
        time.advanceBy(ms / 10)
      }
    },
    end: () => {
      server.close()
      engine.close()
      disk.run()
      return disk.after('kill', () => 0)
    },
  }
}
