// The layers of the library: a file imports from its own folder and from lower layers, type imports included.
const layers = [
  ['core'],
  ['protocol', 'store', 'contract'],
  ['transport', 'token', 'server'],
  ['connection'],
  ['kernel'],
  ['outbox', 'rooms'],
  ['session'],
  ['client'],
  ['tables'],
  ['features'],
  ['operators', 'stores', 'testing', 'angular', 'node', 'pool', 'sharing'],
  ['cli'],
]
const TOP = 10 // lib/index.ts stands beside operators/, stores/, testing/, angular/, node/, pool/ and sharing/

const folders = layers.flat()
const below = (layer) => layers.slice(0, layer).flat()
const within = (names) => `^lib/(${names.join('|')})/`
const packages = (...names) => `(^|/)node_modules/(${names.join('|')})/`

const layerRules = layers.flatMap((names, layer) =>
  names.map((name) => ({
    name: `layer-${layer}-${name}`,
    comment: `lib/${name}/ is in layer ${layer}: it imports from itself and from ${below(layer).join(', ') || 'nothing'}.`,
    severity: 'error',
    from: { path: `^lib/${name}/` },
    to: { path: '^lib/', pathNot: within([name, ...below(layer)]) + (layer > TOP ? '|^lib/index[.]ts$' : '') },
  })),
)

/** `only(['ws'], ['^lib/node/'])`: the packages are imported there and nowhere else. */
const only = (names, places) => ({
  name: `only-${names[0].replace(/\W/g, '')}`,
  comment: `${names.join(', ')}: only in ${places.join(', ')}.`,
  severity: 'error',
  from: { path: '^lib/', pathNot: places },
  to: { path: packages(...names) },
})

module.exports = {
  forbidden: [
    ...layerRules,
    {
      name: `layer-${TOP}-index`,
      comment: 'lib/index.ts gathers what is below it; its siblings have their own entry.',
      severity: 'error',
      from: { path: '^lib/index[.]ts$' },
      to: { path: '^lib/', pathNot: within(below(TOP)) },
    },
    {
      name: 'features-apart',
      comment: 'A feature imports no other feature.',
      severity: 'error',
      from: { path: '^lib/features/([^/]+)/' },
      to: { path: '^lib/features/', pathNot: '^lib/features/$1/' },
    },
    {
      name: 'known-folder',
      comment: `Every file of lib/ is in a layer: ${folders.join(', ')}.`,
      severity: 'error',
      from: { path: '^lib/', pathNot: [within(folders), '^lib/index[.]ts$'] },
      to: {},
    },
    {
      name: 'known-folder-of-orphans',
      comment: 'The same for files that import nothing and that nothing imports.',
      severity: 'error',
      from: { orphan: true, path: '^lib/', pathNot: [within(folders), '^lib/index[.]ts$'] },
      to: {},
    },
    {
      name: 'inside-lib',
      comment: 'The library imports nothing of the repository outside lib/.',
      severity: 'error',
      from: { path: '^lib/' },
      to: { path: '^(spec|bench|examples|docs|dist)/' },
    },
    { name: 'no-cycles', comment: 'Type imports count.', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'resolvable',
      comment: 'Every import can be found.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'known-packages',
      comment: 'Third parties are chosen, not found.',
      severity: 'error',
      from: { path: '^lib/' },
      to: {
        path: '(^|/)node_modules/',
        pathNot: packages(
          'rxjs',
          'fp-ts',
          'ws',
          '@types/ws',
          'isomorphic-ws',
          '@types/node',
          '@standard-schema/spec',
          '@angular/core',
          'jwt-decode',
          'commander',
          'ansis',
          'idb',
        ),
      },
    },
    only(['isomorphic-ws'], ['^lib/transport/platform-class[.]ts$']),
    only(['ws', '@types/ws'], ['^lib/node/', '^lib/transport/platform-class[.]node[.]ts$']),
    only(['idb'], ['^lib/store/indexed-db[.]ts$']),
    only(['jwt-decode'], ['^lib/token/jwt[.]ts$']),
    only(['@standard-schema'], ['^lib/contract/']),
    only(['@angular'], ['^lib/angular/']),
    only(['commander', 'ansis'], ['^lib/cli/']),
    {
      name: 'only-rxjs-testing',
      comment: 'The virtual scheduler is for users of rx-rooms/testing.',
      severity: 'error',
      from: { path: '^lib/', pathNot: '^lib/testing/' },
      to: { path: 'node_modules/rxjs/.*testing' },
    },
    {
      name: 'only-node-builtins',
      comment: 'The client, the pure server and the testing kit run in browsers.',
      severity: 'error',
      from: { path: '^lib/', pathNot: '^lib/(node|cli)/' },
      to: { dependencyTypes: ['core'] },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      mainFields: ['main', 'types', 'typings'],
    },
    skipAnalysisNotInRules: true,
  },
}
