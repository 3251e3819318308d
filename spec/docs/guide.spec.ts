import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import puppeteer, { type Browser, type Page } from 'puppeteer-core'
import { firstValueFrom } from 'rxjs'
import { anything, type Client, createClient, tokens } from '../../lib/index.js'
import { rights, unwrap } from '../../lib/operators/index.js'
import { chromiumFlags, chromiumPath } from '../setup/chromium.cjs'
import { freePort, type Nginx, startNginx } from '../support/nginx.js'
import { until, within } from '../support/until.js'

jest.setTimeout(60_000)

const root = resolve(__dirname, '../..')
const page = readFileSync(join(root, 'docs/guide.md'), 'utf8')
const steps = page.split(/^## /m).slice(1, -1)
const folder = mkdtempSync(join(tmpdir(), 'rx-rooms-chat-'))
const block = (language: string): string =>
  new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(page)?.[1] ?? ''
const programs = [...page.matchAll(/^```ts\n\/\/ chat\/(\S+)\n([\s\S]*?)^```$/gm)]

const write = (name: string, text: string): void => {
  mkdirSync(dirname(join(folder, name)), { recursive: true })
  writeFileSync(join(folder, name), text)
}
const said: string[] = []
/** Runs a script of the project, as the page says. */
const npm = (...args: readonly string[]): string =>
  execFileSync('npm', [...args], { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

const running = new Set<ChildProcess>()
/** Starts the server that was built. */
const start = async (port: number, more: Readonly<Record<string, string>> = {}): Promise<ChildProcess> => {
  const child = spawn(process.execPath, ['dist/server.cjs'], {
    cwd: folder,
    env: { ...process.env, PORT: `${port}`, DATA: join(folder, `rooms-${port}`), ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  const before = said.length
  for (const output of [child.stdout, child.stderr]) output.on('data', (data: Buffer) => said.push(data.toString()))
  await until(`the server: ${said.join('')}`, () =>
    said.slice(before).join('').includes(`listening ws://127.0.0.1:${port}/rooms`),
  )
  return child
}
const end = async (child: ChildProcess, signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> => {
  const ended = new Promise<number | NodeJS.Signals | null>((done) => {
    child.on('close', (code, by) => {
      done(code ?? by)
    })
  })
  child.kill(signal)
  running.delete(child)
  return within('the end', ended)
}

let browser: Browser
let port = 0
let server: ChildProcess

/** A tab of a user. */
const tab = async (user: string, query = '', at = port): Promise<Page> => {
  const context = await browser.createBrowserContext()
  const opened = await context.newPage()
  await opened.goto(`http://127.0.0.1:${at}/?user=${user}${query}`)
  return opened
}
const text = (of: Page, selector: string): Promise<string> =>
  of.$eval(selector, (element) => (element as unknown as { readonly innerText: string }).innerText)
const shows = (of: Page, selector: string, wanted: string): Promise<void> =>
  until(`${selector} with ${wanted}`, async () => (await text(of, selector)) === wanted)
const say = async (of: Page, line: string): Promise<void> => {
  await of.type('input', line)
  await of.keyboard.press('Enter')
}

beforeAll(async () => {
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const paths = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')) as {
    readonly compilerOptions: { readonly paths: Readonly<Record<string, readonly string[]>> }
  }
  write('tsconfig.json', JSON.stringify({ compilerOptions: { baseUrl: root, paths: paths.compilerOptions.paths } }))
  write('package.json', block('json'))
  write('public/index.html', block('html'))
  for (const [, name = '', code = ''] of programs) write(name, code)
  npm('run', 'build', '--silent')
  port = await freePort()
  server = await start(port)
  browser = await puppeteer.launch({ executablePath: chromiumPath(), args: chromiumFlags })
}, 60_000)

afterAll(async () => {
  for (const child of running) child.kill('SIGKILL')
  await browser.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('the guide from nothing to a deployed chat', () => {
  it('[GD1] has a file for each step, and says at each step what is seen', () => {
    expect(programs.map(([, name]) => name)).toEqual([
      'src/contract.ts',
      'src/tokens.ts',
      'src/server.ts',
      'src/chat.ts',
      'src/page.ts',
      'src/chat.test.ts',
    ])
    const { scripts } = JSON.parse(block('json')) as { readonly scripts: Readonly<Record<string, string>> }
    const told = [...page.matchAll(/\bnpm (?:run )?(test|start|(?<=run )\w+)/g)].map(([, script = '']) => script)
    expect(told.length).toBeGreaterThan(5)
    expect(told.filter((script) => scripts[script] === undefined)).toEqual([])
    expect(steps.filter((step) => !step.includes('**You see**')).map((step) => step.split('\n')[0])).toEqual([])
  })

  it('[GD2] signs in by a token, and refuses a name that is none', async () => {
    const at = (path: string, body?: string) =>
      fetch(`http://127.0.0.1:${port}${path}`, body === undefined ? {} : { method: 'POST', body })
    expect(await (await at('/healthz')).text()).toBe('open')
    expect((await at('/login', 'ana')).status).toBe(200)
    expect((await at('/login', 'no name!')).status).toBe(400)
    expect((await at('/login', 'x'.repeat(1_000))).status).toBe(400)
    expect((await at('/nowhere')).status).toBe(404)
    expect(await (await at('/metrics')).text()).toContain('rx_rooms_links 0')
    const intruder = await tab('no%20name')
    await shows(intruder, '#status', 'connecting')
    await intruder.browserContext().close()
  })

  it('[GD3] its page shows lines, people and typing in two tabs, and history to one who comes later', async () => {
    const [ana, ben] = [await tab('ana'), await tab('ben')]
    await shows(ana, '#status', 'online')
    await shows(ana, '#people', 'ana, ben')
    await ana.type('input', 'hello')
    await shows(ben, '#typing', 'ana …')
    await ana.keyboard.press('Enter')
    await shows(ben, '#lines', 'ana: hello')
    await say(ben, '<b>hi</b>')
    await shows(ana, '#lines', 'ana: hello\nben: <b>hi</b>')
    const cem = await tab('cem')
    await shows(cem, '#lines', 'ana: hello\nben: <b>hi</b>')
    await cem.browserContext().close()
  })

  it('[GD4] a line that is written while the server is down shows at once, and arrives once, also after kill -9', async () => {
    const [ana, ben] = [await tab('ana', '&team=down'), await tab('ben', '&team=down')]
    await shows(ana, '#status', 'online')
    await say(ana, 'before')
    await shows(ben, '#lines', 'ana: before')
    expect(await end(server, 'SIGKILL')).toBe('SIGKILL')
    await shows(ana, '#status', 'connecting')
    await say(ana, 'meanwhile')
    await shows(ana, '#lines', 'ana: before\nme: meanwhile (waiting)')
    server = await start(port)
    await shows(ben, '#lines', 'ana: before\nana: meanwhile')
    await shows(ana, '#lines', 'ana: before\nana: meanwhile')
    await ana.browserContext().close()
    await ben.browserContext().close()
  })

  it('[GD5] its test passes, and fails if a draft is not shown as waiting', () => {
    expect(npm('test', '--silent')).toMatch(/pass 3/)
    const [, , code = ''] = programs.find(([, name]) => name === 'src/chat.ts') ?? []
    const changed = code.replace("text, state: 'waiting' }])", "text, state: 'failed' }])")
    expect(changed).not.toBe(code)
    write('src/chat.ts', changed)
    expect(() => npm('test', '--silent')).toThrow()
    write('src/chat.ts', code)
  })

  it('[GD6] SIGTERM drains, ends with 0, and loses no line', async () => {
    const ana = await tab('ana', '&team=deploy')
    await shows(ana, '#status', 'online')
    await say(ana, 'one')
    await shows(ana, '#lines', 'ana: one')
    expect(await end(server, 'SIGTERM')).toBe(0)
    expect(said.join('')).toMatch(/draining: deploy[\s\S]*drained in[\s\S]*closed/)
    server = await start(port)
    await say(ana, 'two')
    await shows(ana, '#lines', 'ana: one\nana: two')
    await ana.browserContext().close()
  })

  it('[GD7] its container and its service start the file that the build makes, and give it more time than a drain takes', () => {
    const [container, unit] = [block('dockerfile'), block('ini')]
    const { scripts } = JSON.parse(block('json')) as { readonly scripts: Readonly<Record<string, string>> }
    const [, made = ''] = /--outfile=(\S+)/.exec(scripts['server'] ?? '') ?? []
    expect(made).toBe('dist/server.cjs')
    expect(container).toContain(`CMD ["node", "${made}"]`)
    expect(unit).toContain(`ExecStart=/usr/bin/node ${made}`)
    const drainMs = Number(/drainMs: ([\d_]+)/.exec(page)?.[1]?.replaceAll('_', ''))
    expect(Number(/TimeoutStopSec=(\d+)/.exec(unit)?.[1]) * 1_000).toBeGreaterThan(drainMs)
    expect(Number(/docker stop --time (\d+)/.exec(page)?.[1]) * 1_000).toBeGreaterThan(drainMs)
    // Every setting that they give is one that the server reads.
    const given = [...`${container}\n${unit}`.matchAll(/\b([A-Z]{4,})=/g)].map(([, name = '']) => name)
    const [, , code = ''] = programs.find(([, name]) => name === 'src/server.ts') ?? []
    expect(given.length).toBeGreaterThan(6)
    expect(given.filter((name) => !code.includes(`${name} =`))).toEqual([])
  })

  describe('behind nginx', () => {
    let nginx: Nginx
    let others: readonly [number, number]
    beforeAll(async () => {
      others = [await freePort(), await freePort()]
      for (const each of others) await start(each, { PROXIES: '1', SECRET: 'shared' })
      nginx = await startNginx(block('nginx').replace('7421', `${others[0]}`).replace('7422', `${others[1]}`), folder)
    })
    afterAll(() => {
      nginx.stop()
    })

    it('[GD8] two servers: each team has one, whichever signed the token, and no metrics are passed on', async () => {
      const at = `127.0.0.1:${nginx.port}`
      const client = (team: string): Client =>
        createClient({
          url: `ws://${at}/rooms?team=${team}`,
          token: tokens(async () => (await fetch(`http://${at}/login`, { method: 'POST', body: 'ana' })).text()),
        })
      const teams = Array.from({ length: 16 }, (_, n) => `team-${n}`)
      const members = teams.map((team) => [client(team), client(team)] as const)
      for (const [k, [one, other]] of members.entries()) {
        const [room, same] = [one.room(teams[k]!, anything), other.room(teams[k]!, anything)]
        const heard = firstValueFrom(same.on('message').pipe(rights()))
        await within('the join', firstValueFrom(same.join().pipe(unwrap())))
        room.post('message', teams[k])
        expect((await within('the line', heard)).data).toBe(teams[k])
      }
      for (const other of others)
        expect(await (await fetch(`http://127.0.0.1:${other}/metrics`)).text()).toMatch(/^rx_rooms_links [1-9]/m)
      for (const each of members.flat()) await firstValueFrom(each.close())
      const ana = await tab('ana', '&team=red', nginx.port)
      await say(ana, 'red')
      await shows(ana, '#lines', 'ana: red')
      const ben = await tab('ben', '&team=red', nginx.port)
      await shows(ben, '#lines', 'ana: red')
      await shows(ben, '#people', 'ana, ben')
      expect((await fetch(`http://127.0.0.1:${nginx.port}/metrics`)).status).toBe(403)
    })
  })
})
