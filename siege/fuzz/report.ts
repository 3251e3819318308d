/** What came of changed frames. */
export interface FuzzReport {
  readonly frames: number
  /** Connections that they took. */
  readonly links: number
  /** Work of others, or of the same client, that had to go on: what was begun, and what was done. */
  readonly begun: number
  readonly done: number
  /** What may never happen: something was thrown, or a defect was reported. */
  readonly defects: readonly string[]
  /** Refusals or errors by code. */
  readonly codes: Readonly<Record<string, number>>
}

export const counted = (codes: Record<string, number>, code: string): void => {
  codes[code] = (codes[code] ?? 0) + 1
}

/** Nothing was thrown, and everything honest was done. */
export const isSound = ({ defects, begun, done }: FuzzReport): boolean => defects.length === 0 && begun === done

export const lineOf = (side: string, { frames, links, begun, done, defects, codes }: FuzzReport): string => {
  const most = Object.entries(codes)
    .sort(([, a], [, b]) => b - a)
    .map(([code, count]) => `${code} ${count.toLocaleString('en')}`)
  return [
    `${frames.toLocaleString('en')} frames to the ${side}, over ${links.toLocaleString('en')} connections:`,
    `  ${defects.length} defects; ${done.toLocaleString('en')} of ${begun.toLocaleString('en')} honest messages delivered`,
    `  ${most.join(', ')}`,
    ...defects.slice(0, 5).map((defect) => `  defect: ${defect}`),
  ].join('\n')
}
