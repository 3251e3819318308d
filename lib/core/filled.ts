/** Some options of a group; `undefined` counts as absent. */
export type Given<T> = { readonly [K in keyof T]?: T[K] | undefined }

/** Merges given options over defaults; `undefined` counts as absent. */
export const filled = <T extends object>(defaults: T, given: Given<T> = {}): T => ({
  ...defaults,
  ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
})
