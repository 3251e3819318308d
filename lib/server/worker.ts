/** Somebody with work that is done in small steps. */
export interface Worker {
  /** Does one step. False when there is nothing to do, or it has to wait for something that will wake it. */
  readonly step: () => boolean
  /** Whether there may be something to do. */
  readonly hasWork: () => boolean
}
