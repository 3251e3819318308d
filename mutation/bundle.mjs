// Sources with every mutant in its place behind a switch, and the specs, as one script.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Instrumenter } from '@stryker-mutator/instrumenter'
import { build } from 'esbuild'

const root = resolve(import.meta.dirname, '..')

const filesOf = (folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))

const quiet = new Proxy({}, { get: (_, name) => (name.startsWith('is') ? () => false : () => undefined) })

/** What is bundled lies elsewhere: specs that read files of the repository are told where they were. */
const read = (name) =>
  readFileSync(join(root, name), 'utf8').replaceAll(/\b__dirname\b/g, JSON.stringify(dirname(join(root, name))))

/** Text of a source that a mutant replaces. */
const original = (content, { start, end }) => {
  const lines = content.split('\n').slice(start.line, end.line + 1)
  lines[lines.length - 1] = lines.at(-1).slice(0, end.column)
  lines[0] = lines[0].slice(start.column)
  return lines.join(' ')
}

/** Copies sources and specs to a folder, those under `target` with their mutants. */
export const instrument = async (target, into) => {
  const files = [...filesOf('lib'), ...filesOf('spec')].map((name) => ({
    name,
    mutate: name.startsWith(`lib/${target}`),
    content: read(name),
  }))
  const options = { plugins: null, excludedMutations: [], ignorers: [] }
  const mutated = files.filter(({ mutate }) => mutate)
  const { files: made, mutants } = await new Instrumenter(quiet).instrument(mutated, options)
  for (const { name, content } of [...files.filter(({ mutate }) => !mutate), ...made]) {
    mkdirSync(dirname(join(into, name)), { recursive: true })
    writeFileSync(join(into, name), content)
  }
  const contents = new Map(mutated.map(({ name, content }) => [name, content]))
  return mutants.map(({ id, fileName, location, mutatorName, replacement }) => ({
    id,
    at: `${fileName}:${location.start.line + 1}:${location.start.column + 1}`,
    what: mutatorName,
    from: original(contents.get(fileName), location),
    to: replacement,
  }))
}

/** Names of the spec files of folders. */
export const specsOf = (folders) =>
  folders.flatMap((folder) => filesOf(`spec/${folder}`)).filter((name) => name.endsWith('.spec.ts'))

/** A script that exports a function for each spec file, which loads it. */
export const bundle = async (specs, from) => {
  const loaders = specs.map((name) => `${JSON.stringify(name)}: () => require('./${name}')`)
  const { outputFiles } = await build({
    stdin: { contents: `module.exports = {${loaders.join(',\n')}}`, resolveDir: from },
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    target: 'es2022',
    packages: 'external',
    // The specs are imported for what they do.
    ignoreAnnotations: true,
    logLevel: 'error',
  })
  const file = join(from, 'specs.cjs')
  writeFileSync(file, outputFiles[0].text)
  return file
}
