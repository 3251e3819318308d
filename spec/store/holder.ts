// A process of another host name that holds a partition and writes when it is told to: node holder.cjs DIRECTORY LEASE_MS
import os from 'node:os'
import * as E from '#fp/Either'
import { files as fileStore } from '../../lib/node/store/files.js'

const [directory = '', leaseMs = ''] = process.argv.slice(2)
os.hostname = () => 'another host'
const say = (text: string): void => void process.stdout.write(`${text}\n`)

fileStore({ directory, leaseMs: Number(leaseMs) })
  .open({ url: 'wss://one.example', user: 'ana', instance: 'i' })
  .subscribe((opened) => {
    if (E.isLeft(opened)) {
      say(opened.left.because)
      return
    }
    const { write, lost$ } = opened.right
    lost$.subscribe(() => say('lost'))
    say('open')
    process.stdin.on('data', (text) => {
      write([{ key: text.toString().trim(), text: 'x' }]).subscribe((written) =>
        say(E.isLeft(written) ? written.left.because : 'written'),
      )
    })
  })
