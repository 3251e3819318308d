export { latestBy, sample } from './policy.js'

export type { LatestByOptions } from './policy.js'
