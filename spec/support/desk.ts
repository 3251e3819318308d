import { type Mailbox, mailbox } from '../../lib/core/mailbox.js'

/** A mailbox and what it said. */
export interface Desk {
  readonly box: Mailbox
  readonly defects: unknown[]
  /** Runs in a turn. */
  readonly turn: (task: () => void) => void
}

export const desk = (atEnd: () => void = () => undefined): Desk => {
  const defects: unknown[] = []
  const box = mailbox(atEnd, (thrown) => defects.push(thrown))
  return { box, defects, turn: box.enter }
}
