import { platformFault } from '../../lib/node/platform.js'
import type { Server } from '../../lib/node/serve.js'
import type { Result } from '../../lib/core/result.js'
import { left } from '../support/seen.js'

describe('a server where `ws` is a stub, as in jest with jsdom', () => {
  it('[RT16] cannot listen, and says what to do', async () => {
    await jest.isolateModulesAsync(async () => {
      jest.doMock('ws', () => () => {
        throw new Error('ws does not work in the browser')
      })
      const { serve } = await import('../../lib/node/serve.js')
      const result = await new Promise<Result<Server>>((told) => {
        serve({ port: 0 }).subscribe(told)
      })
      expect(left(result)).toMatchObject({ _tag: 'ConfigError', option: 'server' })
      expect(left(result).remedy).toContain('@jest-environment node')
      jest.dontMock('ws')
    })
  })

  it('[RT16] is not in the way where `ws` is itself', () => {
    expect(platformFault()).toBeUndefined()
  })
})
