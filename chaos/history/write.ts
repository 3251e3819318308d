import type { AnyRecord } from './record.js'

/** Where records go. */
export interface Write {
  (record: AnyRecord): void
  /** After it nothing that was written can be lost, whatever happens to the process. */
  readonly flush: () => void
}

/** Keeps records in a list. */
export const keep = (list: AnyRecord[]): Write =>
  Object.assign(
    (record: AnyRecord) => {
      list.push(record)
    },
    { flush: () => undefined },
  )
