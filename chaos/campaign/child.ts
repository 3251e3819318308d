import { type ChildProcess, fork } from 'node:child_process'
import { openSync } from 'node:fs'

/** A process of the campaign. */
export interface Child<To, From> {
  readonly tell: (message: To) => void
  /** The next message of that kind; nothing if the process has gone, or after so long. */
  readonly hear: <K extends Tag<From>>(
    tag: K,
    withinMs: number,
  ) => Promise<Extract<From, { readonly _tag: K }> | undefined>
  /** Ends it, or stops it, without asking. */
  readonly signal: (signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT') => void
  readonly gone: Promise<void>
}

type Tag<T> = T extends { readonly _tag: infer K } ? K : never

/** A command that runs the command that follows it. */
export type Launcher = readonly [command: string, ...args: readonly string[]]

/** Starts a process, through a launcher if there is one. `died` is called if it goes without having been told to. What it complains of goes to a file. */
export const child = <To extends { readonly _tag: string }, From extends { readonly _tag: string }>(
  file: string,
  complaints: string,
  died: () => void,
  launcher?: Launcher,
): Child<To, From> => {
  const errors = openSync(complaints, 'a')
  const [execPath, ...args] = [...(launcher ?? []), process.execPath, '--expose-gc']
  const started: ChildProcess = fork(file, { execPath, execArgv: args, stdio: ['ignore', errors, errors, 'ipc'] })
  let isExpected = false
  let isGone = false
  const gone = new Promise<void>((resolve) => {
    started.once('exit', () => {
      isGone = true
      if (!isExpected) died()
      resolve()
    })
  })
  started.on('error', () => undefined)

  return {
    tell: (message) => {
      if (message._tag === 'end' || message._tag === 'terminate') isExpected = true
      if (!isGone && started.connected) started.send(message, () => undefined)
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
    signal: (signal) => {
      if (signal === 'SIGKILL') isExpected = true
      if (!isGone) started.kill(signal)
    },
    gone,
  }
}
