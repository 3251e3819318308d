import { thrownLength } from './guard.js'

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

/** What was thrown, without a secret that it quotes, and without the beginning of one where it was cut off. */
export const hiding = (thrown: string, secret: string | undefined): string => {
  if (!secret) return thrown
  const hidden = thrown.replaceAll(secret, '***')
  if (thrown.length < thrownLength) return hidden
  const most = Math.min(secret.length, hidden.length)
  const lengths = Array.from({ length: most }, (_, less) => most - less)
  const shown = lengths.find((length) => hidden.endsWith(secret.slice(0, length)))
  return shown === undefined ? hidden : `${hidden.slice(0, -shown)}***`
}
