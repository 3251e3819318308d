import type { Duplex } from 'node:stream'

/** How long a refused client may take to close, in ms. */
export const closingMs = 2_000

/** Answers an upgrade request over HTTP and closes the connection, even if the client does not. */
export const refuse = (
  raw: Duplex,
  status: string,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void => {
  destroyWithin(raw)
  raw.once('finish', () => {
    raw.destroy()
  })
  raw.end(
    [
      `HTTP/1.1 ${status}`,
      'connection: close',
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      'content-type: text/plain; charset=utf-8',
      `content-length: ${Buffer.byteLength(text)}`,
      '',
      text,
    ].join('\r\n'),
  )
}

export const destroyWithin = (raw: Duplex): void => {
  closeWithin(raw, () => {
    raw.destroy()
  })
}

/** Calls `end` unless the emitter closes in time. */
export const closeWithin = (
  closing: { on: (event: 'close', listener: () => void) => unknown },
  end: () => void,
): void => {
  const late = setTimeout(end, closingMs)
  closing.on('close', () => {
    clearTimeout(late)
  })
}
