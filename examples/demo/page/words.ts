const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const count = new Intl.NumberFormat('en', { useGrouping: true })

/** `12:04:31` */
export const timeOf = (at: number): string => clock.format(at)

/** `1,204` */
export const number = (value: number): string => count.format(value)

/** `one gap`, `2 gaps` */
export const plural = (value: number, what: string, none = 'no'): string =>
  `${value === 0 ? none : value === 1 ? 'one' : number(value)} ${what}${value === 1 ? '' : 's'}`

/** `850 ms`, `3.2 s`, `42 s`, `2 min 5 s` */
export const duration = (ms: number): string => {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms / 10) * 10)} ms`
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`
  const seconds = Math.round(ms / 1_000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** A value and its unit apart, so that they can be set apart. */
export interface Measured {
  readonly value: string
  readonly unit: string
}

const scaled = (value: number, base: number, units: readonly string[]): Measured => {
  let power = 0
  let left = value
  while (left >= base && power < units.length - 1) {
    left /= base
    power++
  }
  return { value: left.toFixed(power === 0 || left >= 100 ? 0 : left >= 10 ? 1 : 2), unit: units[power] ?? '' }
}

export const percent = (share: number): Measured => ({ value: (share * 100).toFixed(0), unit: '%' })
export const memory = (bytes: number): Measured => scaled(bytes, 1_024, ['B', 'KiB', 'MiB', 'GiB', 'TiB'])
export const rate = (bytes: number): Measured => scaled(bytes, 1_000, ['B/s', 'kB/s', 'MB/s', 'GB/s'])

export const joined = ({ value, unit }: Measured): string => `${value} ${unit}`
