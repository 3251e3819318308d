/** A public entry: its name in package.json, its source file, and the name of its module for the generator. */
export interface Entry {
  readonly name: string
  readonly file: string
  readonly module: string
}
export declare const entriesOf: (root: string) => readonly Entry[]
