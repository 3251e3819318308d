import { getHeapStatistics } from 'node:v8'

/** The bytes that rooms, and the bytes that connections, may take unless told otherwise: a quarter of the heap each. */
export const heapShare = (): number => Math.floor(getHeapStatistics().heap_size_limit / 4)
