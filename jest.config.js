/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/spec', '<rootDir>/examples/testing'],
  testMatch: ['**/*.spec.ts'],
  // isolatedModules in the tsconfig makes ts-jest transpile only: tsc checks the types. Plain JavaScript helpers are .cjs.
  transform: { '^.+\\.ts$': ['ts-jest', { tsconfig: '<rootDir>/spec/tsconfig.jest.json' }] },
  // NodeNext `.js` specifiers name `.ts` files; the other names are those of `paths` in tsconfig.json.
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    // One file instead of two hundred, which every suite would evaluate.
    '^rxjs$': '<rootDir>/node_modules/rxjs/dist/bundles/rxjs.umd.js',
    '^rxjs/testing$': '<rootDir>/spec/setup/rxjs-testing.cjs',
    '^#fp/Either$': '<rootDir>/lib/core/either.ts',
    '^#texts$': '<rootDir>/lib/core/texts/full.ts',
    '^rx-rooms$': '<rootDir>/lib/index.ts',
    '^rx-rooms/(operators|testing|stores|pool|sharing)$': '<rootDir>/lib/$1/index.ts',
    '^rx-rooms/(history|conflation|signals|observe|bulk|presence|shared|leader|calls|otel|directory|events|interceptors|endpoints|room-life)$':
      '<rootDir>/lib/features/$1/index.ts',
    '^rx-rooms/server$': '<rootDir>/lib/node/index.ts',
  },
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  testSequencer: '<rootDir>/spec/setup/sequencer.cjs',
  maxWorkers: 2,
  restoreMocks: true,
  testTimeout: 60_000,
}
