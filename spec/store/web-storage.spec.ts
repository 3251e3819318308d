import { type WebStorage, webStorageShelf } from '../../lib/store/web-storage.js'
import { storeSuite } from '../../lib/testing/conformance/store.js'
import { checksum } from '../../lib/store/checksum.js'
import type { Store } from '../../lib/store/port.js'
import { failed, value } from './disks.js'
import { interruptions } from './interruptions.js'
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
      const steps = interruptions(() => {
        throw new DOMException('full', 'QuotaExceededError')
      })
      const shaky: WebStorage = {
        ...storage,
        setItem: steps.counted(storage.setItem),
        removeItem: steps.counted(storage.removeItem),
        get length() {
          return storage.length
        },
      }
      const { store, freeze } = leases(webStorageShelf(() => shaky))
      return {
        store,
        interrupt: steps.interrupt,
        freeze,
        damage: ({ url, user, instance }) => {
          const key = `rx-rooms:${JSON.stringify([url, user, instance])}`
          storage.setItem(key, storage.getItem(key)!.replace('precious', 'precarious'))
        },
      }
    },
    { freezes: true, damages: true, interrupts: true },
  )
  for (const { name, run } of suite) it(name, run)

  it('[ST33] uses every record that is not damaged, wherever one character is, and never takes damage for a later version', async () => {
    const scope = { url: 'wss://one.example', user: 'ana', instance: 'i' }
    const storage = webStorage()
    const store = (): Store => leases(webStorageShelf(() => storage)).store()
    const first = await value(store().open(scope))
    await value(first.write([{ key: 'a', text: '1' }, { key: 'b', text: '2' }])) // prettier-ignore
    await value(first.close())
    const key = storage.key(0)!
    const whole = storage.getItem(key)!
    for (let at = 0; at < whole.length; at++) {
      const text = whole.slice(0, at) + String.fromCharCode(whole.charCodeAt(at) ^ 4) + whole.slice(at + 1)
      storage.setItem(key, text)
      expect(await value(store().list(scope))).toEqual(['i'])
      const found = await value(store().open(scope))
      expect([found.damaged.length, found.records.size]).toEqual([1, expect.any(Number)])
      expect(found.records.size).toBeGreaterThanOrEqual(text[at] === '\n' || whole[at] === '\n' ? 0 : 1)
      expect(storage.getItem(found.damaged[0]!)).toBe(text)
      await value(found.close())
      const next = await value(store().open(scope))
      expect([next.damaged, next.records]).toEqual([[], found.records])
      await value(next.close())
      storage.removeItem(found.damaged[0]!)
    }
  })

  it('[ST19] leaves what a later version wrote as it is', async () => {
    const storage = webStorage()
    const store = leases(webStorageShelf(() => storage)).store()
    const scope = { url: 'wss://one.example', user: 'ana', instance: 'i' }
    const text = '3 {"something":"else"}'
    const key = `rx-rooms:${JSON.stringify([scope.url, scope.user, scope.instance])}`
    storage.setItem(key, `${checksum(text)} ${text}`)
    expect(await failed(store.open(scope))).toBe('version')
    expect(storage.getItem(key)).toBe(`${checksum(text)} ${text}`)
  })
})
