const held = /*#__PURE__*/ new WeakMap<Secret, string>()

/** A text that logs, errors, JSON and inspectors do not show. */
export class Secret {
  constructor(text: string) {
    held.set(this, text)
    Object.defineProperty(this, Symbol.for('nodejs.util.inspect.custom'), { value: () => 'Secret(***)' })
  }

  toString(): string {
    return '***'
  }

  toJSON(): string {
    return '***'
  }
}

/** Returns the text, for the one place that must write it. */
export const reveal = (secret: Secret): string => held.get(secret) ?? ''
