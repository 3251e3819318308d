import 'fake-indexeddb/auto'
import { firstValueFrom } from 'rxjs'
import * as E from '#fp/Either'
import { indexedDbShelf } from '../../lib/store/indexed-db.js'
import type { Stored } from '../../lib/store/port.js'
import { storeSuite } from '../../lib/testing/conformance/store.js'
import { leases } from './leases.js'

describe('the store in IndexedDB', () => {
  let count = 0
  const suite = storeSuite(
    () => {
      const name = `rx-rooms-${++count}`
      const { store, freeze } = leases(indexedDbShelf(name))
      return { store, freeze }
    },
    { freezes: true },
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

  it('[ST17] answers where there is no database', async () => {
    const { indexedDB: there } = globalThis
    Object.assign(globalThis, { indexedDB: undefined })
    const store = leases(indexedDbShelf('none')).store()
    const answer = await firstValueFrom(store.list({ url: 'wss://one.example', user: 'ana' }))
    Object.assign(globalThis, { indexedDB: there })
    expect(E.isLeft(answer)).toBe(true)
  })
})
