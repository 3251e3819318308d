// The public entries of the library; CommonJS, because specs run as such.
const { readFileSync } = require('node:fs')
const { join } = require('node:path')

/** Gives the entries of package.json, with the files that tsdown builds them from. */
const entriesOf = (root) => {
  const { exports: given } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const built = readFileSync(join(root, 'tsdown.config.ts'), 'utf8')
  const files = new Map(
    [...built.matchAll(/^ {2}'?([\w-]+)'?: '(lib\/[^']+)'/gm)].map(([, name, file]) => [name, file]),
  )
  return Object.keys(given)
    .filter((name) => name !== './package.json')
    .map((name) => {
      const file = files.get(name === '.' ? 'index' : name.slice(2)) ?? ''
      return { name, file, module: file.replace(/^lib\//, '').replace(/(\/index)?\.ts$/, '') }
    })
}

module.exports = { entriesOf }
