import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { nginxPath } from '../setup/nginx.cjs'
import { until } from './until.js'

/** Gives a port that nobody listens on. */
export const freePort = (): Promise<number> =>
  new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { readonly port: number }
      server.close(() => {
        done(port)
      })
    })
  })

/** A running nginx. */
export interface Nginx {
  readonly port: number
  readonly reload: () => void
  readonly stop: () => void
}

/** Starts a real nginx with the configuration of a guide, on a free port, with its files in a folder. */
export const startNginx = async (written: string, folder: string): Promise<Nginx> => {
  const port = await freePort()
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(folder, name)};`,
  )
  const config = [
    ...(process.getuid?.() === 0 ? ['user root;'] : []),
    `daemon off; pid ${join(folder, 'nginx.pid')}; error_log stderr; events {}`,
    `http { access_log off; ${folders.join(' ')}`,
    written.replace('listen 80;', `listen 127.0.0.1:${port};`),
    '}',
  ]
  const file = join(folder, 'nginx.conf')
  writeFileSync(file, config.join('\n'))
  const nginx: ChildProcess = spawn(nginxPath(), ['-c', file, '-e', 'stderr'], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  nginx.stderr?.on('data', (data: Buffer) => (said += data.toString()))
  await until(`nginx: ${said}`, async () => {
    if (nginx.exitCode !== null) throw new Error(said)
    return (
      existsSync(join(folder, 'nginx.pid')) &&
      (await fetch(`http://127.0.0.1:${port}/`).then(
        () => true,
        () => false,
      ))
    )
  })
  return { port, reload: () => nginx.kill('SIGHUP'), stop: () => nginx.kill() }
}
