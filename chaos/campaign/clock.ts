/** Milliseconds of this machine's monotonic clock: all processes share it, and it never jumps. */
export const now = (): number => Math.round(Number(process.hrtime.bigint()) / 1_000) / 1_000
