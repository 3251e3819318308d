/** The frame with one field, by its path, replaced; `undefined` leaves it out. */
export const put = (frame: unknown, path: string, value: unknown): unknown => {
  const copy = structuredClone(frame)
  const keys = path.split('.')
  const last = keys.pop() ?? ''
  const place = keys.reduce<Record<string, unknown>>((at, key) => at[key] as Record<string, unknown>, copy as never)
  if (value === undefined && !Array.isArray(place)) Reflect.deleteProperty(place, last)
  else place[last] = value
  return copy
}
