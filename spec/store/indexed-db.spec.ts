import 'fake-indexeddb/auto'
import { firstValueFrom } from 'rxjs'
import * as E from '#fp/Either'
import { indexedDbShelf } from '../../lib/store/indexed-db.js'
import type { Stored } from '../../lib/store/port.js'
import { storeSuite } from '../../lib/testing/conformance/store.js'
import { failed, value } from './disks.js'
import { interruptions } from './interruptions.js'
import { leases } from './leases.js'

describe('the store in IndexedDB', () => {
  let count = 0
  const steps = interruptions(() => {
    throw new DOMException('no', 'DataError')
  })
  const methods = ['put', 'delete'] as const
  const whole = methods.map((name) => IDBObjectStore.prototype[name])
  beforeAll(() => {
    const { put, delete: remove } = IDBObjectStore.prototype
    Object.assign(IDBObjectStore.prototype, {
      put(this: IDBObjectStore, ...given: Parameters<typeof put>) {
        return steps.counted(() => put.apply(this, given))()
      },
      delete(this: IDBObjectStore, ...given: Parameters<typeof remove>) {
        return steps.counted(() => remove.apply(this, given))()
      },
    })
  })
  afterAll(() => {
    methods.forEach((name, at) => Object.assign(IDBObjectStore.prototype, { [name]: whole[at] }))
  })
  const suite = storeSuite(
    () => {
      const name = `rx-rooms-${++count}`
      const { store, freeze } = leases(indexedDbShelf(name))
      return { store, freeze, interrupt: steps.interrupt }
    },
    { freezes: true, interrupts: true },
  )
  for (const { name, run } of suite) it(name, run)

  it('[ST19] makes way for a later version of the database, and says what it is then', async () => {
    const shelf = indexedDbShelf('later')
    const store = leases(shelf).store()
    const scope = { url: 'wss://one.example', user: 'ana', instance: 'i' }
    const opened = await firstValueFrom(store.open(scope))
    if (E.isLeft(opened)) throw new Error(opened.left.because)
    await new Promise<void>((done, failed) => {
      const request = indexedDB.open('later', 2)
      request.onblocked = () => failed(new Error('blocked'))
      request.onsuccess = () => {
        request.result.close()
        done()
      }
    })
    const because = async (act$: Stored<unknown>): Promise<string> => {
      const answer = await firstValueFrom(act$)
      return E.isLeft(answer) ? answer.left.because : ''
    }
    expect(await because(opened.right.write([{ key: 'a', text: '1' }]))).toBe('version')
    expect(await because(store.list(scope))).toBe('version')
  })

  const scope = { url: 'wss://one.example', user: 'ana', instance: 'i' }
  /** What pages opened, in order. */
  const connections = async (work: (opened: IDBDatabase[]) => Promise<void>): Promise<void> => {
    const opened: IDBDatabase[] = []
    const open = indexedDB.open.bind(indexedDB)
    const watched: typeof open = (...given) => {
      const request = open(...given)
      request.addEventListener('success', () => opened.push(request.result))
      return request
    }
    Object.assign(indexedDB, { open: watched })
    try {
      await work(opened)
    } finally {
      Object.assign(indexedDB, { open })
    }
  }
  const lost = (): never => {
    throw new DOMException('Connection to Indexed Database server lost.', 'UnknownError')
  }

  it.each<[string, (database: IDBDatabase) => void]>([
    ['refuses transactions', (database) => Object.assign(database, { transaction: lost })],
    ['was closed without an event', (database) => database.close()],
    [
      'fails in its requests',
      (database) => {
        const transaction = database.transaction.bind(database)
        const failing = (...given: Parameters<typeof transaction>) => {
          const made = transaction(...given)
          const objectStore = made.objectStore.bind(made)
          return Object.assign(made, { objectStore: (name: string) => Object.assign(objectStore(name), { get: lost }) })
        }
        Object.assign(database, { transaction: failing })
      },
    ],
  ])('[ST35] opens another connection when the one it has %s, and makes the act', async (_, lose) => {
    await connections(async (opened) => {
      const store = leases(indexedDbShelf(`lost ${lose.toString().length}`)).store()
      const held = await value(store.open(scope))
      await value(held.write([{ key: 'a', text: '1' }]))
      lose(opened[0]!)
      await value(held.write([{ key: 'b', text: '2' }]))
      expect(opened).toHaveLength(2)
      await value(held.close())
      const next = await value(store.open(scope))
      expect([...next.records]).toEqual([['a', '1'], ['b', '2']]) // prettier-ignore
      await value(next.close())
    })
  })

  it('[ST35] tries again with each act while no connection can be had', async () => {
    await connections(async (opened) => {
      const store = leases(indexedDbShelf('away')).store()
      const held = await value(store.open(scope))
      for (const database of opened) Object.assign(database, { transaction: lost })
      const { indexedDB: there } = globalThis
      Object.assign(globalThis, { indexedDB: { open: lost } })
      expect(await failed(held.write([{ key: 'a', text: '1' }]))).toBe('failed')
      Object.assign(globalThis, { indexedDB: there })
      await value(held.write([{ key: 'b', text: '2' }]))
      await value(held.close())
    })
  })

  it.each<[string, (rows: IDBObjectStore) => void]>([
    ['is gone', (rows) => rows.clear()],
    ['is none', (rows) => rows.put({ key: [scope.url, scope.user, scope.instance], header: { token: 'x' } })],
    ['is empty', (rows) => rows.put({ key: [scope.url, scope.user, scope.instance] })],
  ])('[ST33] lists and uses a partition whose header %s, and reports it', async (name, damage) => {
    await connections(async (opened) => {
      const store = leases(indexedDbShelf(`damaged ${name}`)).store()
      for (const instance of ['i', 'j']) {
        const held = await value(store.open({ ...scope, instance }))
        await value(held.write([{ key: 'a', text: '1' }, { key: 'b', text: '2' }])) // prettier-ignore
        await value(held.close())
      }
      const transaction = opened[0]!.transaction(['partitions'], 'readwrite')
      damage(transaction.objectStore('partitions'))
      await new Promise((done) => (transaction.oncomplete = done))
      expect([...(await value(store.list(scope)))].sort()).toEqual(['i', 'j'])
      const found = await value(store.open(scope))
      expect([found.damaged.length, found.records.size, found.token]).toEqual([1, 2, 1])
      await value(found.close())
      const next = await value(store.open(scope))
      expect([next.damaged, next.token]).toEqual([[], 2])
      await value(next.close())
    })
  })

  it('[ST17] answers where there is no database', async () => {
    const { indexedDB: there } = globalThis
    Object.assign(globalThis, { indexedDB: undefined })
    const store = leases(indexedDbShelf('none')).store()
    const answer = await firstValueFrom(store.list({ url: 'wss://one.example', user: 'ana' }))
    Object.assign(globalThis, { indexedDB: there })
    expect(E.isLeft(answer)).toBe(true)
  })
})
