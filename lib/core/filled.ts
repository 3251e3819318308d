/** Some of the options of a group; one that is `undefined` is not given. */
export type Given<T> = { readonly [K in keyof T]?: T[K] | undefined }

/** Defaults with what was given over them; what was given as `undefined` was not given. */
export const filled = <T extends object>(defaults: T, given: Given<T> = {}): T => ({
  ...defaults,
  ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
})
