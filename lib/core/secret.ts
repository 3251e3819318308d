const held = new WeakMap<Secret, string>()

/** A text that logs, errors, JSON and inspectors do not show. */
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

/** Returns the text, for the one place that must write it. */
export const reveal = (secret: Secret): string => held.get(secret) ?? ''
