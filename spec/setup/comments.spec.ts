import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** The number of complaints about each text, where it would be a file of the library. */
const complaints = (texts: readonly string[]): readonly number[] =>
  (
    JSON.parse(
      execFileSync(process.execPath, ['spec/setup/lint-texts.mjs', 'local/plain-comments'], {
        cwd: join(__dirname, '..', '..'),
        encoding: 'utf8',
        input: JSON.stringify(texts.map((text) => ({ file: 'lib/core/x.ts', text }))),
      }),
    ) as readonly (readonly string[])[]
  ).map(({ length }) => length)

describe('comments', () => {
  it('name their subject: a relative clause does not stand for it', () => {
    const unclear = [
      '/** What comes later. */',
      '// Whether it is there.',
      '/**\n * Who follows a room.\n */',
      'const a = 1 // Whatever it is',
      '/** Whose client this is. */',
    ]
    const clear = [
      '/** Later messages. */',
      '// Where the socket ends, so does the session.',
      '/** When the server closes. */',
      "const text = '// What'",
      '/** Somewhat later. */',
    ]
    expect([complaints(unclear), complaints(clear)]).toEqual([unclear.map(() => 1), clear.map(() => 0)])
  })
})
