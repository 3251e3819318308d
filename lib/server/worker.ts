/** A worker that works in small steps. */
export interface Worker {
  /** Does one step. Returns false where there is nothing to do, or where it waits for a later wake. */
  readonly step: () => boolean
  /** Returns true where there may be work. */
  readonly hasWork: () => boolean
}
