import { createClient } from '../../lib/index.js'
import { fileStore } from '../../lib/node/index.js'
import { see } from '../support/seen.js'

const scope = { url: 'ws://x/', user: 'ana', instance: 'a' }
const invalid: readonly [string, unknown, RegExp][] = [
  ['directory', undefined, /^Write the path of a directory/],
  ['directory', null, /^Write the path of a directory/],
  ['directory', { directory: undefined }, /^Write the path of a directory/],
  ['directory', { directory: '' }, /^Write the path of a directory/],
  ['leaseMs', { directory: 'x', leaseMs: -5 }, /above 0/],
  ['leaseMS', { directory: 'x', leaseMS: 5 }, /^Did you mean leaseMs\?/],
]

describe('options of the store on files', () => {
  it.each(invalid)('[ST39] an invalid %s closes the client, and fails every act: %p', (option, options, remedy) => {
    const store = fileStore(options as never)
    const client = createClient({ url: 'ws://localhost', store, identity: 'ana' })
    expect(see(client.state$).only()).toMatchObject({
      _tag: 'Closed',
      because: { code: 'config/invalid', option, remedy: expect.stringMatching(remedy) as string },
    })
    for (const act of [store.list(scope), store.open(scope), store.erase(scope)])
      expect(see<unknown>(act).only()).toMatchObject({ left: { because: 'failed', message: expect.any(String) as string } })
  })
}) // prettier-ignore
