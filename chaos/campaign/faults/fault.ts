import type { Consequence } from '../../history/record.js'
import type { Ground } from '../ground.js'

/** What a fault has to strike with. */
export interface Scene {
  readonly ground: Ground
  readonly random: () => number
  /** Resolves after so long, or at once when the campaign is stopped. */
  readonly wait: (ms: number) => Promise<void>
}

/** One kind of fault. Its end undoes it. */
export interface Fault {
  readonly kind: string
  /** How often, beside others of its group. */
  readonly weight: number
  /** What it may lead to without anybody being at fault. Default nothing. */
  readonly entails?: readonly Consequence[]
  /** Who feels it, of those who share a process, a room or a server with whom it strikes. Default it alone. */
  readonly whom?: (ground: Ground, name: string) => readonly string[]
  readonly strike: (scene: Scene, name: string) => Promise<void>
  /** Strikes as soon as this one is over. Default nothing. */
  readonly then?: Fault
}

export const between = (random: () => number, least: number, most: number): number => least + random() * (most - least)

/** One of them, by weight. */
export const pick = (faults: readonly Fault[], random: () => number): Fault | undefined => {
  let left = random() * faults.reduce((sum, { weight }) => sum + weight, 0)
  return faults.find(({ weight }) => (left -= weight) < 0)
}
