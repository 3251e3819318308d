export { sharedState } from './shared-state.js'

export type { SetOptions, SetOutcome, Shared, SharedChange, SharedState } from './shared-state.js'
