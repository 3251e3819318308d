import { execFileSync } from 'node:child_process'
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from './packed.js'

const read = (name: string): string => readFileSync(join(root, name), 'utf8')

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly repository: { readonly type: string; readonly url: string }
  readonly publishConfig: { readonly provenance: boolean }
}
const manifest = JSON.parse(read('package.json')) as Manifest

const TOP = [
  'package.json',
  'package-lock.json',
  '.oxlintrc.json',
  'tsconfig.json',
  'jest.config.js',
  'eslint.config.mjs',
  'tsdown.config.ts',
  '.oxfmtrc.json',
  '.dependency-cruiser.cjs',
  '.gitignore',
  '.npmrc',
  '.ci',
  'lib',
  'mutation',
  'spec',
  'docs',
  'bench',
  'chaos',
  'examples',
  'siege',
  'README.md',
  'SECURITY.md',
  'LICENSE',
]
const IGNORED = ['.git', 'node_modules', 'dist', 'coverage']

/** The files of this name in git, wherever they are. */
const tracked = (name: string): string[] =>
  execFileSync('git', ['ls-files', '--', name, `**/${name}`], { cwd: root, encoding: 'utf8' })
    .trim()
    .split('\n')

const documents = (): string[] => [
  ...(existsSync(join(root, 'README.md')) ? ['README.md'] : []),
  ...(existsSync(join(root, 'docs'))
    ? readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.md'))
        .map((name) => join('docs', name))
    : []),
]

describe('the repository', () => {
  it('has nothing at its top but what belongs there', () => {
    expect(readdirSync(root).filter((name) => !TOP.includes(name) && !IGNORED.includes(name))).toEqual([])
  })

  it('has a lock file and the settings of npm beside every manifest that is installed', () => {
    const folders = tracked('package-lock.json').map(dirname)
    expect(folders).toContain('.')
    expect(folders.length).toBeGreaterThan(1)
    expect(tracked('.npmrc').map(dirname).sort()).toEqual(folders.sort())
  })

  it.each(tracked('package-lock.json'))('%s locks versions and hashes, and names no registry', (name) => {
    const lock = read(name)
    expect(lock).not.toMatch(/"resolved"|\.tgz"/)
    const { packages } = JSON.parse(lock) as { packages: Record<string, { integrity?: string }> }
    const loose = Object.entries(packages).filter(([path, { integrity }]) => path !== '' && integrity === undefined)
    expect(loose.map(([path]) => path)).toEqual([])
  })

  it.each(tracked('.npmrc'))('%s names no registry', (name) => {
    expect(read(name)).not.toMatch(/registry\s*=|_auth|\/\//i)
  })

  it('pins what it is developed with', () => {
    expect(Object.entries(manifest.devDependencies).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual(
      [],
    )
  })

  it('has the commands that its documents tell, and what they run', () => {
    // The guide tells the commands of a project of its own, which [GD1] checks.
    const ours = documents().filter((name) => name !== 'docs/guide.md')
    const told = ours.flatMap((name) => [...read(name).matchAll(/\bnpm (test|start|run ([\w:-]+))/g)])
    const names = ['build', 'start', 'test', ...told.map(([, command, script]) => script ?? command)]
    expect(names.filter((name) => manifest.scripts[name ?? ''] === undefined)).toEqual([])
    const needed = [
      'README.md',
      'LICENSE',
      ...(manifest.scripts['start'] ?? '').split(' ').filter((word) => word.endsWith('.mjs')),
    ]
    expect(needed.filter((name) => !existsSync(join(root, name)))).toEqual([])
    expect(() => accessSync(join(root, '.ci/run'), constants.X_OK)).not.toThrow()
  })

  it('[RT18] takes no version of ws with a known vulnerability, also where isomorphic-ws resolves it', () => {
    const least = [8, 23, 0]
    const isSafe = (version: string): boolean => {
      const parts = version.split('.').map(Number)
      const at = least.findIndex((part, index) => part !== parts[index])
      return parts.length === 3 && (at < 0 || (parts[at] ?? 0) > (least[at] ?? 0))
    }
    const range = manifest.dependencies['ws'] ?? ''
    expect([range[0], isSafe(range.slice(1))]).toEqual(['^', true])
    const beside = dirname(require.resolve('isomorphic-ws'))
    const { version } = JSON.parse(readFileSync(require.resolve('ws/package.json', { paths: [beside] }), 'utf8')) as {
      readonly version: string
    }
    expect([version, isSafe(version)]).toEqual([version, true])
    expect(['8.22.9', '8.18.0', '7.5.10', '8.23.0', '8.24.0', '9.0.0'].map(isSafe)).toEqual([
      false,
      false,
      false,
      true,
      true,
      true,
    ])
  })

  it('[RT18] says how to report a vulnerability, and publishes with provenance after an audit', () => {
    expect(read('SECURITY.md')).toMatch(/Report a vulnerability/)
    const { repository, publishConfig, scripts } = manifest
    expect([repository.type, repository.url.startsWith('git+https://'), publishConfig.provenance]).toEqual([
      'git',
      true,
      true,
    ])
    expect(scripts['release']).toMatch(/^npm run audit && .*npm publish$/)
  })
})
