// Installs the packages below spec/ that the root does not have, where they are missing or their lock has changed:
// `node spec/setup/packages.mjs`, or with the names of folders of spec/runtimes/.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const runtimes = resolve(dirname(fileURLToPath(import.meta.url)), '../runtimes')
const ALL = ['metro', 'engines']

const isInstalled = (lock, note) => existsSync(note) && readFileSync(note, 'utf8') === readFileSync(lock, 'utf8')

/** Gives what npm said if it failed. */
const install = (name) =>
  new Promise((done) => {
    const cwd = join(runtimes, name)
    const [lock, note] = [join(cwd, 'package-lock.json'), join(cwd, 'node_modules/.installed')]
    if (isInstalled(lock, note)) {
      done('')
      return
    }
    const child = spawn('npm', ['ci', '--ignore-scripts', '--silent'], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk))
    child.on('error', ({ message }) => done(message))
    child.on('close', (code) => {
      if (code === 0) writeFileSync(note, readFileSync(lock))
      done(code === 0 ? '' : `npm ci in ${cwd} ended with ${code}\n${said}`)
    })
  })

const names = process.argv.slice(2)
const failures = (await Promise.all((names.length > 0 ? names : ALL).map(install))).filter((said) => said !== '')
for (const said of failures) console.error(said)
process.exitCode = failures.length > 0 ? 1 : 0
