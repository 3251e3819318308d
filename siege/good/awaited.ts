/** The deliveries that are due. */
export interface Awaited {
  /** A message is published to so many members. */
  readonly published: (id: string, members: number) => void
  readonly delivered: (id: string) => void
  /** It was not acknowledged: nothing is due. */
  readonly failed: (id: string) => void
  readonly missing: () => number
}

export const awaited = (): Awaited => {
  const due = new Map<string, number>()
  let missing = 0
  const settle = (id: string, by: number): void => {
    const left = due.get(id)
    if (left === undefined) return
    missing -= by
    if (left === by) due.delete(id)
    else due.set(id, left - by)
  }
  return {
    published: (id, members) => {
      due.set(id, members)
      missing += members
    },
    delivered: (id) => {
      settle(id, 1)
    },
    failed: (id) => {
      settle(id, due.get(id) ?? 0)
    },
    missing: () => missing,
  }
}
