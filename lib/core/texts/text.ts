/**
 * The words of errors. An error is made from its code and the values that its words speak of, `about`:
 *
 *     authenticationError({ ...told('auth/timeout', { deadlineMs }), kind: 'retry' })
 *
 * `words.ts` makes the message and the remedy of each code from `about`. `told` comes from `#texts`, which is one of two
 * modules with the same exports:
 *
 * - `full.ts`, the default: errors have their words.
 * - `short.ts`, in the builds of `dist/production`: the message is the code and the values of `about`, the remedy is
 *   empty, and `words.ts` is not in the bundle.
 *
 * The condition `production` in `exports` of package.json chooses the build, so that all entries of an app are of the
 * same one. Vite, webpack, Parcel and Angular set it in builds for production; esbuild and Rollup take it as an option.
 * Node (condition `node`, which comes first), Metro, and everything that does not know the condition have the full
 * words. No file of the package is loaded by `imports` of package.json or by the name of the package, which not all
 * bundlers resolve.
 *
 * A server's refusal has the server's own message; `refusalRemedy` gives its remedy, and is made in the same way.
 *
 * `explain` of `rx-rooms/explain` makes the words of an error of either build.
 */
export interface Words {
  /** Description for people. Holds no secret and at most 64 characters of any payload. */
  readonly message: string
  /** Advice to the caller. */
  readonly remedy: string
}

/** The values that the words of an error speak of, by name. `of` tells apart the reasons for one code. */
export type About = Readonly<Record<string, string | number>>

/** The parts of an error that `told` makes. */
export interface Told<Code extends string> extends Words {
  readonly code: Code
  readonly about?: About
}

/** The message of an error in builds for production. */
export const terse = (code: string, about: About = {}): string => [code, ...Object.values(about)].join(' ')

/** The remedy when the client asks for another token, and when it does not: then `about` says `final`. */
export const asksAgain = 'Another token is asked for.'
export const asksNoMore = 'Call connect() with another token.'

/** Makes the message and the remedy of an error. */
export type Telling = (about: About) => readonly [message: string, remedy: string]
