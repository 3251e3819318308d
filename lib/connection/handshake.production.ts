/** Pages get no detail of a failed handshake. */
export const handshakeFailed = (): undefined => undefined
