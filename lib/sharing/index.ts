export { sharing } from './sharing.js'

export type { SharingOptions } from './sharing.js'
