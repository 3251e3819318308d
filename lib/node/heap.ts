import { getHeapStatistics } from 'node:v8'

/** Returns the default bytes for rooms, and for connections: a quarter of the heap each. */
export const heapShare = (): number => Math.floor(getHeapStatistics().heap_size_limit / 4)
