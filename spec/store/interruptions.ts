/** Steps of a storage of which one fails. */
export interface Interruptions {
  /** A step that is counted and fails when it is its turn. */
  readonly counted: <Given extends readonly unknown[], T>(step: (...given: Given) => T) => (...given: Given) => T
  /** As a rig of the suite of stores has it. */
  readonly interrupt: (at: number) => () => boolean
}

/** `fail` is what a step does that fails. */
export const interruptions = (fail: () => never): Interruptions => {
  let left = 0
  let isHit = false
  return {
    counted:
      (step) =>
      (...given) => {
        if (left > 0 && --left === 0) {
          isHit = true
          return fail()
        }
        return step(...given)
      },
    interrupt: (at) => {
      left = at
      isHit = false
      return () => {
        left = 0
        return isHit
      }
    },
  }
}
