/** True for an object, a list included. */
export const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

/** True for an object with these methods, of any origin. */
export const hasMethods = <M extends string>(
  value: unknown,
  ...names: readonly M[]
): value is Readonly<Record<M, () => unknown>> =>
  isObject(value) && names.every((name) => typeof (value as Readonly<Record<string, unknown>>)[name] === 'function')
