import { memory } from '../../lib/store/memory.js'
import { storeSuite } from '../../lib/testing/conformance/store.js'

describe('the store in memory', () => {
  const suite = storeSuite(() => {
    const store = memory()
    return { store: () => store }
  })
  for (const { name, run } of suite) it(name, run)
})
