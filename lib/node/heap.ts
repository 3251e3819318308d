import { getHeapStatistics } from 'node:v8'

/** How many bytes rooms may take unless told otherwise: a quarter of the heap that the process may use. */
export const heapShare = (): number => Math.floor(getHeapStatistics().heap_size_limit / 4)
