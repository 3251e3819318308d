/** The flaw of a value. */
export class Flaw {
  /** A name of the words of `wrong.ts`, or a text that completes "expected …". */
  readonly expected: string
  readonly actual: unknown
  /** Its place in the value that is read: `.session.id`. */
  place = ''

  constructor(expected: string, actual: unknown) {
    this.expected = expected
    this.actual = actual
  }

  /** As the flaw of a value that has this member. */
  within(member: PropertyKey): this {
    this.place = `.${String(member)}${this.place}`
    return this
  }
}
