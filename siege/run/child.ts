import { fork } from 'node:child_process'

/** A process of the siege. */
export interface Child<To, From> {
  readonly tell: (message: To) => void
  /** The next message of that kind; nothing if the process has ended, or after so long. */
  readonly hear: <K extends Tag<From>>(
    tag: K,
    withinMs: number,
  ) => Promise<Extract<From, { readonly _tag: K }> | undefined>
  /** How it ended by itself; nothing while it runs. */
  readonly death: () => string | undefined
  readonly end: () => Promise<void>
}

type Tag<T> = T extends { readonly _tag: infer K } ? K : never

/** Starts a process. `heard` is called with each of its messages. */
export const child = <To extends { readonly _tag: string }, From extends { readonly _tag: string }>(
  file: string,
  execArgv: readonly string[] = [],
  heard: (message: From) => void = () => undefined,
): Child<To, From> => {
  const started = fork(file, { execArgv: [...execArgv], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
  let complaint = ''
  let death: string | undefined
  let isGone = false
  started.stderr?.on('data', (data: Buffer) => {
    complaint = (complaint + data.toString()).slice(-20_000)
  })
  started.on('message', (message) => {
    heard(message as From)
  })
  started.on('error', () => undefined)
  const gone = new Promise<void>((resolve) => {
    started.once('exit', (code, signal) => {
      death = causeOf(complaint) ?? signal ?? `exit code ${code}`
      isGone = true
      resolve()
    })
  })

  return {
    tell: (message) => {
      if (started.connected) started.send(message, () => undefined)
    },
    hear: (tag, withinMs) =>
      new Promise((resolve) => {
        const answer = (message: From | undefined): void => {
          started.off('message', listen)
          clearTimeout(late)
          resolve(message as never)
        }
        const listen = (message: unknown): void => {
          if ((message as From)._tag === tag) answer(message as From)
        }
        const late = setTimeout(() => {
          answer(undefined)
        }, withinMs)
        started.on('message', listen)
        void gone.then(() => {
          answer(undefined)
        })
      }),
    death: () => death,
    end: () => {
      if (!isGone) started.kill('SIGKILL')
      return gone
    },
  }
}

/** The line of its last words that names the cause. */
const causeOf = (complaint: string): string | undefined =>
  /out of memory/i.test(complaint) ? 'out of memory' : /^\w*Error: .*/m.exec(complaint)?.[0].slice(0, 120)
