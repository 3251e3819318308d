import * as ws from 'ws'
import { configError, type ConfigError } from '../core/error.js'

/** Returns the fault of a platform without a server: test environments with jsdom resolve `ws` to its stub for browsers. */
export const platformFault = (library: object = ws): ConfigError | undefined =>
  'WebSocketServer' in library && typeof library.WebSocketServer === 'function'
    ? undefined
    : configError({
        code: 'config/invalid',
        message: 'The package ws is resolved for browsers here, and has no server.',
        remedy:
          "Serve in the environment `node`: in jest, '@jest-environment node' atop the file, or customExportConditions: ['node'].",
        kind: 'terminal',
        option: 'server',
      })
