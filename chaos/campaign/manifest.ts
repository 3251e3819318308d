import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Terms } from '../checker/evidence.js'

/** What a campaign says of itself when it ends. */
export interface End {
  /** What went wrong with the campaign itself. */
  readonly mishaps: readonly string[]
  /** Bytes after a collection, in the first calm and in the last, by process; `null` where it did not answer. */
  readonly heap: readonly { readonly name: string; readonly before: number | null; readonly after: number | null }[]
}

const termsFile = (folder: string): string => join(folder, 'terms.json')
const endFile = (folder: string): string => join(folder, 'end.json')

/** Whether there are papers of a campaign in a folder: anything may be in one. */
export const hasPapers = (folder: string): boolean => existsSync(termsFile(folder))

/** What a campaign is asked for goes into its folder before it begins, what it says at its end after it. */
export const writeTerms = (folder: string, terms: Terms): void => {
  writeFileSync(termsFile(folder), JSON.stringify(terms))
}
export const writeEnd = (folder: string, end: End): void => {
  writeFileSync(endFile(folder), JSON.stringify(end))
}

export const termsIn = (folder: string): Terms => JSON.parse(readFileSync(termsFile(folder), 'utf8')) as Terms

/** Of a campaign that was stopped or killed there is none. */
export const endIn = (folder: string): End =>
  existsSync(endFile(folder))
    ? (JSON.parse(readFileSync(endFile(folder), 'utf8')) as End)
    : { mishaps: ['the campaign did not end'], heap: [] }
