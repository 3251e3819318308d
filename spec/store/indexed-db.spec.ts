import 'fake-indexeddb/auto'
import { indexedDbShelf } from '../../lib/store/indexed-db.js'
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
})
