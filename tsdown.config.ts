import { defineConfig, type UserConfig } from 'tsdown'

const library = {
  index: 'lib/index.ts',
  operators: 'lib/operators/index.ts',
  testing: 'lib/testing/index.ts',
  stores: 'lib/stores/index.ts',
  jwt: 'lib/token/jwt.ts',
  server: 'lib/node/index.ts',
}

const shared: UserConfig = {
  platform: 'neutral',
  target: 'es2022',
  tsconfig: 'tsconfig.json',
  sourcemap: true,
  dts: { entry: Object.values(library), sourcemap: true },
  clean: true,
  // Shared code and helpers stay out of the entries: else `operators` would import `index`, and with it the socket.
  inputOptions: { experimental: { chunkOptimization: false } },
  outputOptions: { codeSplitting: { groups: [{ name: 'runtime', test: /rolldown[\\/]runtime/ }] } },
  report: false,
  failOnWarn: true,
  // Dependencies and peers stay external by themselves.
  deps: { neverBundle: [/^node:/] },
}

// Two passes, so that each format shares its chunks and the command line exists as ESM only.
export default defineConfig([
  { ...shared, format: 'esm', entry: { ...library, cli: 'lib/cli/main.ts' } },
  { ...shared, format: 'cjs', entry: library },
])
