import { type WebStorage, webStorageShelf } from '../../lib/store/web-storage.js'
import { storeSuite } from '../../lib/testing/conformance/store.js'
import { leases } from './leases.js'

/** Web Storage as browsers have it. */
const webStorage = (): WebStorage => {
  const items = new Map<string, string>()
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, text) => void items.set(key, text),
    removeItem: (key) => void items.delete(key),
    key: (index) => [...items.keys()][index] ?? null,
    get length() {
      return items.size
    },
  }
}

describe('the store in Web Storage', () => {
  const suite = storeSuite(
    () => {
      const storage = webStorage()
      const { store, freeze } = leases(webStorageShelf(() => storage))
      return {
        store,
        freeze,
        damage: ({ url, user, instance }) => {
          const key = `rx-rooms:${JSON.stringify([url, user, instance])}`
          storage.setItem(key, storage.getItem(key)!.replace('precious', 'precarious'))
        },
      }
    },
    { freezes: true, damages: true },
  )
  for (const { name, run } of suite) it(name, run)
})
