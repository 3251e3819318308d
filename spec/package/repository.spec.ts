import { execFileSync } from 'node:child_process'
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from './packed.js'

const read = (name: string): string => readFileSync(join(root, name), 'utf8')

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}
const manifest = JSON.parse(read('package.json')) as Manifest

const TOP = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'jest.config.js',
  'eslint.config.mjs',
  'tsdown.config.ts',
  '.prettierrc.json',
  '.prettierignore',
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
    expect(tracked('.npmrc').map(dirname)).toEqual(folders)
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
    const told = documents().flatMap((name) => [...read(name).matchAll(/\bnpm (test|start|run ([\w:-]+))/g)])
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
})
