import { isCount } from './field.js'
import type { Until } from './frame.js'

/** The words of `until`. */
export const untilWords = ['all', 'first', 'quorum'] as const

/** True for a rule that ends a call to members. */
export const isUntil = (value: unknown): value is Until =>
  (untilWords as readonly unknown[]).includes(value) || (isCount(value) && value > 0)
