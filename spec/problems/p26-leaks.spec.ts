import { spawnSync } from 'node:child_process'
import { fromEvent, map, Subject } from 'rxjs'
import { tokens } from '../../lib/kernel/tokens.js'
import type { Client } from '../../lib/client/client.js'
import type { Hint } from '../../lib/core/ports.js'
import { world } from '../../lib/testing/world.js'
import { manyRooms } from '../../lib/features/bulk/index.js'
import { metrics } from '../../lib/features/observe/index.js'
import { Chat } from '../support/chat.js'
import { see } from '../support/seen.js'
import { bundle } from '../support/bundle.js'
import { survivors } from '../support/collect.js'

describe('a client that was closed', () => {
  it('[P26] is collectable, whatever it was used for, although what it listened to lives on', async () => {
    const { client, network, time, end } = world()
    const page = new EventTarget()
    const token$ = new Subject<string>()
    const closed: WeakRef<Client>[] = []
    const use = (index: number): void => {
      const ana = client({
        hints$: fromEvent(page, 'online').pipe(map((): Hint => 'online')),
        token: tokens(index % 2 === 0 ? token$ : () => 'token'),
      })
      see(ana.state$)
      see(ana.with(metrics).metrics$)
      const room = ana.room(`room ${index}`, Chat)
      see(room.on('message'))
      see(room.membership$)
      see(room.send('message', { text: 'x' }))
      room.post('message', { text: 'y' })
      see(manyRooms(ana, ['a', 'b'], Chat).on('message'))
      token$.next('token')
      time.advanceBy(10)
      if (index % 3 === 0) network.cut()
      time.advanceBy(5)
      ana.close()
      time.advanceBy(0)
      closed.push(new WeakRef(ana))
    }
    for (let index = 0; index < 300; index++) use(index)
    expect(token$.observed).toBe(false)
    expect(end()).toBe(0)
    expect(await survivors(closed)).toBe(0)
  })

  it('[P26] has removed every listener of the page, and has none while it wants no connection', () => {
    const listeners = new Map<string, number>()
    const count = (type: string, by: number): void => void listeners.set(type, (listeners.get(type) ?? 0) + by)
    const target = {
      addEventListener: (type: string) => {
        count(type, 1)
      },
      removeEventListener: (type: string) => {
        count(type, -1)
      },
    }
    const scope = globalThis as { document?: unknown }
    const { addEventListener, removeEventListener } = globalThis
    Object.assign(globalThis, target, { document: target })
    try {
      const { client, time, end } = world()
      const total = (): number => [...listeners.values()].reduce((sum, each) => sum + each, 0)
      const clients = Array.from({ length: 10 }, () => client())
      expect(total()).toBe(0)
      for (const each of clients) each.connect()
      time.advanceBy(100)
      expect(total()).toBe(60)
      for (const each of clients.slice(0, 5)) each.disconnect()
      time.advanceBy(0)
      expect(total()).toBe(30)
      for (const each of clients) each.close()
      time.advanceBy(0)
      expect([...listeners.values()]).toEqual([...listeners.values()].map(() => 0))
      expect(end()).toBe(0)
    } finally {
      delete scope.document
      Object.assign(globalThis, { addEventListener, removeEventListener })
    }
  })

  it('[P26] lets its process end, also one that never reached a server', () => {
    const [library, observe] = [bundle(), bundle('lib/features/observe/index.ts')]
    const program = `
      const { createClient, anything, tokens } = require(${JSON.stringify(library.file)})
      const { metrics } = require(${JSON.stringify(observe.file)})
      const client = createClient({ url: 'ws://127.0.0.1:9', token: tokens(() => Promise.resolve('x')) })
      client.room('lobby', anything).on('message').subscribe()
      client.with(metrics).metrics$.subscribe()
      client.state$.subscribe(({ _tag }) => {
        if (_tag === 'Waiting') client.close().subscribe(() => console.log('closed'))
      })
    `
    // It is killed if it has not ended by itself by then.
    const { stdout, stderr, status } = spawnSync(process.execPath, ['-e', program], {
      encoding: 'utf8',
      timeout: 20_000,
    })
    for (const { remove } of [library, observe]) remove()
    expect({ stdout, stderr, status }).toEqual({ stdout: 'closed\n', stderr: '', status: 0 })
  }, 30_000)
})
