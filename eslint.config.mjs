import js from '@eslint/js'
import rxjsX from 'eslint-plugin-rxjs-x'
import { defineConfig } from 'eslint/config'
import tseslint from 'typescript-eslint'
import local from './spec/setup/rules.mjs'

const TYPED = ['**/*.ts']
const PLATFORM = ['lib/core/platform.ts', 'lib/node/**', 'lib/cli/**']
// IndexedDB through idb speaks in promises: a transaction ends when nobody waits for it. `testServer`, `settled` and `iterate`
// are for those who await.
const EDGE = [
  'lib/client/edge.ts',
  'lib/store/indexed-db.ts',
  'lib/testing/edge.ts',
  'lib/operators/settled.ts',
  'lib/operators/iterate.ts',
]
// Cases are run by test runners, which know promises and not Observables.
const CASES = ['lib/testing/conformance/**']

const injected = 'comes from the injected `scheduler`'
const globals = (names, message) => names.map((name) => ({ name, message }))
const TIMERS = ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval', 'setImmediate', 'queueMicrotask']

const importsOfFunctionalLibraries = [
  { regex: '^fp-ts(/(?!lib/).*)?$', message: 'Values come from `#fp/Either`, types from `fp-ts/lib/….js`.' },
  { group: ['fp-ts/lib/*'], allowTypeImports: true, message: 'Only types from here; values come from `#fp/Either`.' },
  { group: ['io-ts/*'], message: "Only `import * as t from 'io-ts'` works everywhere." },
  { group: ['rxjs/*', '!rxjs/testing'], message: "Import from 'rxjs'." },
  { group: ['timers', 'timers/*', 'node:timers', 'node:timers/*'], message: `Time ${injected}.` },
]

const shapesOfImports = [
  {
    selector: 'ImportDeclaration[source.value="io-ts"] > :not(ImportNamespaceSpecifier, Literal)',
    message: "Only `import * as t from 'io-ts'` works everywhere.",
  },
  {
    selector: 'ImportDeclaration[source.value="isomorphic-ws"] > :not(ImportDefaultSpecifier, Literal)',
    message: 'isomorphic-ws has a default export only.',
  },
  {
    selector: 'ImportDeclaration[source.value=/^#fp/] > :not(ImportNamespaceSpecifier, ImportSpecifier, Literal)',
    message: 'fp-ts modules have no default export.',
  },
]

const promises = [
  ':function[async=true]',
  'AwaitExpression',
  'ForOfStatement[await=true]',
  'CallExpression[callee.property.name=/^(then|finally)$/]',
  'NewExpression[callee.name="Promise"]',
  'CallExpression[callee.object.name="Promise"]',
].map((selector) => ({ selector, message: 'No promises between the socket and the user: only in lib/client/edge.ts.' }))

const rxjsTraps = [
  {
    selector: 'NewExpression[callee.name="ReplaySubject"][arguments.length=0]',
    message: 'A ReplaySubject is given its size.',
  },
  {
    selector: 'NewExpression[callee.name="ReplaySubject"][arguments.length=2]',
    message: 'A ReplaySubject with a time window is given the scheduler.',
  },
  {
    selector: 'NewExpression[callee.name="Date"][arguments.length=0]',
    message: `The current time ${injected}.`,
  },
]

const RUNNERS = '/^(it|test|describe)$/'
const specTraps = [
  {
    selector: `MemberExpression[object.name=${RUNNERS}][property.name=/^(only|skip|todo|fails|failing)$/]`,
    message: 'Every spec runs.',
  },
  {
    selector: `MemberExpression[object.object.name=${RUNNERS}][property.name=/^(only|skip|todo|fails|failing)$/]`,
    message: 'Every spec runs.',
  },
  {
    selector: 'MemberExpression[object.callee.name="expectObservable"][property.name="toEqual"]',
    message: 'It compares with a second run of the stream: use toBe.',
  },
]

export default defineConfig(
  { ignores: ['dist/**', 'coverage/**'] },
  // One way to silence a rule: this file or .oxlintrc.json, with a reason.
  { linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: 'error' } },

  {
    files: ['**/*.mjs', '*.js'],
    extends: [js.configs.recommended],
    languageOptions: {
      globals: Object.fromEntries(
        ['process', 'console', 'performance', 'URL', 'Buffer', 'AbortController', 'fetch', ...TIMERS].map((name) => [
          name,
          'readonly',
        ]),
      ),
    },
  },

  {
    files: ['**/*.cjs'],
    extends: [js.configs.recommended],
    languageOptions: {
      sourceType: 'commonjs',
      globals: { process: 'readonly' },
    },
  },

  {
    files: TYPED,
    // The rules that need types are those of .oxlintrc.json, which a native program checks in a tenth of the time.
    extends: [js.configs.recommended, ...tseslint.configs.strict, rxjsX.configs.strict],
    plugins: { local },
    languageOptions: {
      parserOptions: {
        projectService: true,
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      eqeqeq: 'error',
      'object-shorthand': 'error',
      'prefer-const': 'error',
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx', 'oxlint-disable'], location: 'anywhere' }],
      'max-lines': ['error', 300],
      'no-restricted-syntax': ['error', ...shapesOfImports],
      '@typescript-eslint/no-restricted-imports': ['error', { patterns: importsOfFunctionalLibraries }],
      // The compiler tells.
      '@typescript-eslint/no-unused-vars': 'off',
      // That of oxlint finds parameters whose type comes from their context too.
      '@typescript-eslint/no-useless-default-assignment': 'error',
      '@typescript-eslint/no-invalid-void-type': ['error', { allowInGenericTypeArguments: true }],
      'rxjs-x/no-sharereplay': ['error', { allowConfig: false }],
      // What a source outside errored with is unknown, and is passed on as it is.
      'rxjs-x/throw-error': ['error', { allowThrowingAny: false, allowThrowingUnknown: true }],
    },
  },

  {
    files: ['lib/**/*.ts'],
    rules: {
      'local/no-subject-error': 'error',
      'local/plain-comments': 'error',
      'rxjs-x/ban-operators': [
        'error',
        {
          shareReplay: 'share() names its resets',
          withLatestFrom: 'reads a stale or a newer value of the same store: read the state',
        },
      ],
      '@typescript-eslint/ban-ts-comment': ['error', { 'ts-expect-error': true }],
      // Inferred types of exports are how `#fp/…` would reach a .d.ts.
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      'no-console': 'error',
      'no-restricted-syntax': ['error', ...shapesOfImports, ...rxjsTraps],
    },
  },
  {
    files: ['lib/**/*.ts'],
    ignores: PLATFORM,
    rules: {
      'local/explicit-scheduler': 'error',
      'no-restricted-globals': [
        'error',
        ...globals([...TIMERS, 'requestAnimationFrame', 'requestIdleCallback', 'performance'], `Time ${injected}.`),
        ...globals(
          ['process', 'Buffer', 'global', 'require', '__dirname', '__filename'],
          'Not in browsers: only in lib/node and lib/cli.',
        ),
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: `The current time ${injected}.` },
        { object: 'performance', property: 'now', message: `The current time ${injected}.` },
        { object: 'Math', property: 'random', message: 'Chance comes from the injected `random`.' },
        { object: 'crypto', property: 'randomUUID', message: 'Ids come from the injected `ids`.' },
        { object: 'globalThis', property: 'setTimeout', message: `Time ${injected}.` },
        { object: 'globalThis', property: 'setInterval', message: `Time ${injected}.` },
        { object: 'globalThis', property: 'queueMicrotask', message: `Time ${injected}.` },
      ],
    },
  },
  {
    files: ['lib/**/*.ts'],
    ignores: [...PLATFORM, ...EDGE, ...CASES],
    rules: { 'no-restricted-syntax': ['error', ...shapesOfImports, ...rxjsTraps, ...promises] },
  },
  { files: ['lib/cli/**'], rules: { 'no-console': 'off' } },
  {
    // It judges the library by what it promises, and must not share its mistakes.
    files: ['chaos/checker/**', 'chaos/history/record.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { patterns: [{ regex: '^(?!\\./|\\.\\./history/record\\.js$)', message: 'The checker stands alone.' }] },
      ],
    },
  },
  {
    // The one place that is an Observable of its own kind: subscribers' throws are caught where they are called.
    files: ['lib/core/stream.ts'],
    rules: { 'rxjs-x/no-subclass': 'off', 'rxjs-x/no-ignored-error': 'off' },
  },
  {
    // What it subscribes to are the streams of this library, which never error.
    files: ['lib/testing/**/*.ts'],
    rules: { 'rxjs-x/no-ignored-error': 'off' },
  },
  {
    // rxjs' own test scheduler on another heap: its hot sources are subjects, and its list of them is all there is.
    files: ['lib/testing/marbles.ts'],
    rules: { 'rxjs-x/no-exposed-subjects': 'off' },
  },

  {
    files: ['spec/**/*.ts', 'bench/**/*.ts', 'examples/**/*.ts', 'chaos/**/*.ts', 'siege/**/*.ts'],
    rules: {
      // The streams under test never error, acts may be ignored, and specs nest and expose what the library must not.
      'rxjs-x/no-ignored-error': 'off',
      'rxjs-x/no-floating-observables': 'off',
      'rxjs-x/no-ignored-default-value': 'off',
      'rxjs-x/no-nested-subscribe': 'off',
      'rxjs-x/no-exposed-subjects': 'off',
      'rxjs-x/no-misused-observables': 'off',
      'rxjs-x/throw-error': 'off',
      '@typescript-eslint/ban-ts-comment': ['error', { 'ts-expect-error': false }],
      '@typescript-eslint/no-empty-function': 'off',
    },
  },
  {
    files: ['lib/**/*.ts'],
    rules: {
      'max-lines-per-function': ['error', { max: 120, IIFEs: true }],
    },
  },
  {
    files: ['spec/**/*.ts'],
    rules: {
      'max-lines': ['error', 600],
      // A missing element fails the spec that reads it.
      '@typescript-eslint/no-non-null-assertion': 'off',
      'no-restricted-syntax': ['error', ...shapesOfImports, ...specTraps],
      'no-restricted-globals': [
        'error',
        ...globals(['fit', 'fdescribe', 'xit', 'xtest', 'xdescribe'], 'Every spec runs.'),
      ],
    },
  },
  {
    // Waiting is for a condition with a deadline: that helper alone has a timer.
    files: ['spec/**/*.{ts,mjs,cjs}'],
    ignores: ['spec/support/until.ts'],
    plugins: { local },
    rules: { 'local/no-sleep': 'error' },
  },
)
