const held = new WeakMap<Secret, string>()

/** A text that no log, error, JSON or inspector shows. */
export class Secret {
  constructor(text: string) {
    held.set(this, text)
  }

  toString(): string {
    return '***'
  }

  toJSON(): string {
    return '***'
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return 'Secret(***)'
  }
}

/** The text itself, for the one place that must write it. */
export const reveal = (secret: Secret): string => held.get(secret) ?? ''
