import { connectionError, type ConnectionError } from '../core/error.js'

export const pathTaken = (path: string | undefined): ConnectionError =>
  connectionError({
    code: 'server/path-taken',
    message: `Another room server takes ${path === undefined ? 'every path' : `the path ${path}`} of this HTTP server.`,
    remedy: 'Give each of them another path, or close the other one first.',
    kind: 'terminal',
  })

export const cannotListen = (error: NodeJS.ErrnoException, host: string, port: number): ConnectionError => {
  const isTaken = error.code === 'EADDRINUSE'
  return connectionError({
    code: isTaken ? 'server/port-taken' : 'server/listen',
    message: isTaken
      ? `Port ${port} of ${host} is taken.`
      : `Cannot listen on port ${port} of ${host}: ${error.message}.`,
    remedy: isTaken
      ? 'Stop what listens there, or choose another port; 0 takes a free one.'
      : 'Choose a port and a host of this machine that this user may listen on; 0 takes a free port.',
    kind: 'terminal',
  })
}

export const neverListened = (): ConnectionError =>
  connectionError({
    code: 'server/closed',
    message: 'The HTTP server was closed before it listened.',
    remedy: 'Call listen of the HTTP server, and close it only after the rooms.',
    kind: 'terminal',
  })
