import { BehaviorSubject } from 'rxjs'

const birds = (
  'Avocet Bittern Bunting Chough Crane Curlew Dipper Dunlin Finch Goshawk Grebe Heron Kestrel Kite Lark Linnet ' +
  'Osprey Petrel Plover Puffin Robin Siskin Swift Tern Wagtail Wren'
).split(' ')

const random = (count: number): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(count)), (byte) => byte.toString(36)).join('')

const shuffled = (names: readonly string[]): readonly string[] =>
  names
    .map((name) => ({ name, at: Math.random() }))
    .sort((one, other) => one.at - other.at)
    .map(({ name }) => name)

/** Takes a bird for as long as this page lives, unless another tab has it. Without Web Locks nobody knows. */
const take = async (bird: string, how: LockOptions): Promise<boolean> => {
  const { locks } = navigator as { readonly locks?: LockManager }
  if (!locks) return true
  return new Promise((answer) => {
    const hold = (lock: Lock | null): Promise<void> | undefined => {
      answer(lock !== null)
      return lock ? new Promise(() => undefined) : undefined
    }
    locks.request(`rx-rooms demo ${bird}`, how, hold).catch(() => answer(false))
  })
}

const free = async (): Promise<string> => {
  for (const bird of shuffled(birds)) if (await take(bird, { ifAvailable: true })) return bird
  return `Bird ${random(2)}`
}

/** Gives this tab a user of its own: the one that it had before a reload, and not that of the tab it is a copy of. */
const settle = async (): Promise<string> => {
  const before = sessionStorage.getItem('user')
  const isSame = before !== null && (await take(before.split('-')[0] ?? '', { signal: AbortSignal.timeout(400) }))
  if (isSame) return before
  const bird = await free()
  const user = `${bird}-${random(6)}`
  sessionStorage.setItem('user', user)
  sessionStorage.setItem('name', bird)
  return user
}

const user = await settle()
const name = new BehaviorSubject(sessionStorage.getItem('name') ?? 'Somebody')

/** Who this tab is. */
export const me = {
  user,
  get name(): string {
    return name.value
  },
  /** The name at once, then each other one. */
  name$: name.asObservable(),
  rename: (to: string): void => {
    sessionStorage.setItem('name', to)
    name.next(to)
  },
}
