import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import * as globals from '@jest/globals'
import { firstValueFrom, type Observable } from 'rxjs'
import ts from 'typescript'
import { anything, type Client, createClient, type Result, tokens } from '../../lib/index.js'
import type { Kicked, Server, SessionInfo } from '../../lib/node/index.js'
import { left, right, see } from '../support/seen.js'
import { until } from '../support/until.js'

const page = readFileSync(join(resolve(__dirname, '../..'), 'docs/sessions.md'), 'utf8')
const [show = '', serves = '', tests = '', ...others] = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(
  ([, code = '']) => code,
)

/** What examples import, as it is here. */
const modules: Readonly<Record<string, string>> = {
  'rx-rooms': '../../lib/index.ts',
  'rx-rooms/operators': '../../lib/operators/index.ts',
  'rx-rooms/server': '../../lib/node/index.ts',
  'rx-rooms/testing': '../../lib/testing/index.ts',
}

type Run = (...given: unknown[]) => unknown

/** Runs an example as the module that it is, and gives what it exports. */
const execute = (
  code: string,
  make: new (...given: string[]) => Run,
): { readonly exports: object; readonly done: unknown } => {
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true },
  })
  const load = (name: string): unknown =>
    name === '@jest/globals' ? globals : jest.requireActual(modules[name] ?? name)
  const exports = {}
  return { exports, done: new make('require', 'exports', outputText)(load, exports) }
}
const { constructor: AsyncFunction } = Object.getPrototypeOf(async () => undefined) as {
  readonly constructor: new (...given: string[]) => Run
}

interface Desk {
  readonly rooms: Server
  readonly devices: (user: string) => Promise<Result<readonly SessionInfo[]>>
  readonly promote: (user: string) => Promise<Result<Kicked>>
  readonly ban: (user: string) => Promise<Result<Kicked>>
  readonly signOut: (user: string, session: string) => Promise<Result<Kicked>>
}

describe('[SE12] the guide to sessions', () => {
  it('shows what the server does on the client', async () => {
    expect(others).toEqual([])
    process.env['PORT'] = '0'
    const { exports: desk, done } = execute(serves, AsyncFunction)
    await done
    const { rooms, devices, promote, ban, signOut } = desk as Desk
    const { status } = execute(show, Function as never).exports as {
      readonly status: (client: Client) => Observable<string>
    }
    const client = (): Client => createClient({ url: rooms.url, token: tokens(() => 'token of ana') })
    const [ana, other] = [client(), client()]
    const [lines, lost] = [see(status(ana)), see(status(other))]
    right(await firstValueFrom(ana.connect()))
    expect(left(await firstValueFrom(ana.room('staff', anything).join())).code).toBe('room/forbidden')
    right(await firstValueFrom(other.connect()))
    right(await promote('ana'))
    await until('the other roles', () => lines.last() === 'ana is member, staff, Ana')
    right(await firstValueFrom(ana.room('staff', anything).join()))
    const [first, second] = right(await devices('ana'))
    expect([first!.rooms, second!.rooms]).toEqual([['staff'], []])
    right(await signOut('ana', second!.id))
    await until('the end of one', () => lost.last().startsWith('Revoked'))
    expect(right(await devices('ana'))).toHaveLength(1)
    right(await ban('ana'))
    await until('the end', () => lines.last() === 'Revoked: This account was closed.')
    expect(lines.all).toEqual(['not signed in', 'ana is member, Ana', 'ana is member, staff, Ana', lines.last()])
    expect(left(await firstValueFrom(ana.connect())).code).toBe('auth/rejected')
    ana.close()
    other.close()
    await firstValueFrom(rooms.close())
  })

  execute(tests, Function as never)
})
