import { memoryShelf } from '../../lib/store/memory.js'
import { storeSuite } from '../../lib/testing/conformance/store.js'
import { leases } from './leases.js'

describe('leases without locks', () => {
  for (const { name, run } of storeSuite(() => leases(memoryShelf()), { freezes: true })) it(name, run)
})
