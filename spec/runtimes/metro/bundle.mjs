// Bundles an app that uses the packed library as React Native does: `node bundle.mjs <folder of the app> <entry> <file>`.
import { createRequire } from 'node:module'
import { realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'

const require = createRequire(import.meta.url)
const Metro = require('metro')

const [app, entry, out] = process.argv.slice(2)
const packages = ['tslib', 'rxjs', 'fp-ts', 'io-ts', 'isomorphic-ws', 'jwt-decode', 'idb']
const runtime = dirname(require.resolve('metro-runtime/package.json'))
const defaults = await Metro.loadConfig({ cwd: app }, {})

// As `@react-native/metro-config` has it, without its presets of Babel: the library needs none.
const config = {
  ...defaults,
  projectRoot: app,
  watchFolders: [app, runtime, ...packages.map((name) => realpathSync(join(app, 'node_modules', name)))],
  cacheStores: [],
  maxWorkers: 1,
  resetCache: true,
  reporter: { update: () => undefined },
  resolver: {
    ...defaults.resolver,
    platforms: ['android', 'ios'],
    resolverMainFields: ['react-native', 'browser', 'main'],
    unstable_conditionNames: ['react-native'],
    useWatchman: false,
    extraNodeModules: {
      'metro-runtime': runtime,
      '@babel/runtime': dirname(require.resolve('@babel/runtime/package.json')),
    },
    // Packages of the app are links to those of the repository.
    nodeModulesPaths: [join(app, 'node_modules')],
  },
  transformer: {
    ...defaults.transformer,
    getTransformOptions: () =>
      Promise.resolve({ transform: { experimentalImportSupport: true, inlineRequires: false } }),
  },
}
await Metro.runBuild(config, { entry: join(app, entry), out, platform: 'android', minify: false, dev: false })
