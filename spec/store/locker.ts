// A worker of a cluster that takes the lock of a server's directory and a partition: node locker.cjs DIRECTORY
import cluster from 'node:cluster'
import { lock } from '../../lib/node/files/lock.js'
import { files as fileStore } from '../../lib/node/store/files.js'

const [directory = ''] = process.argv.slice(2)
const say = (text: string): void => void process.stdout.write(`${text}\n`)

if (cluster.isPrimary) {
  cluster.fork().on('exit', () => process.exit())
} else {
  lock(directory).subscribe(({ _tag }) => {
    say(`lock ${_tag}`)
    fileStore({ directory, leaseMs: 3_600_000 })
      .open({ url: 'wss://one.example', user: 'ana', instance: 'i' })
      .subscribe((opened) => {
        say(`partition ${opened._tag}`)
        process.exit()
      })
  })
}
