/** The parts of a WebSocket that the transport uses. Browsers, `ws` and undici have them. */
export interface WebSocketLike {
  readonly readyState: number
  readonly protocol: string
  /** 0 or absent on platforms that do not report it, as in React Native. */
  readonly bufferedAmount?: number | undefined
  binaryType: string
  onopen: unknown
  onmessage: unknown
  onclose: unknown
  onerror: unknown
  /** Sends texts and bytes; platforms differ in other types. */
  send(data: never): void
  close(code?: number, reason?: string): void
  terminate?(): void
}

/** The class of such sockets; classes without the third argument ignore it. */
export type WebSocketConstructor = new (url: string, protocols: string[], options?: object) => WebSocketLike

/** The content of an error event: nothing in browsers, the error in `ws`. `Closed` follows in both. */
export interface ErrorLike {
  readonly error?: { readonly code?: unknown }
  readonly message?: string
}
