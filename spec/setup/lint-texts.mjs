// Lints texts as if they were files of this repository: `[{ file, text }]` on stdin, the rules that each breaks on stdout.
import { text } from 'node:stream/consumers'
import { ESLint } from 'eslint'

const [, , rule] = process.argv
const eslint = new ESLint({
  ruleFilter: ({ ruleId }) => ruleId === rule,
  // Types are not needed here, and take long.
  overrideConfig: { files: ['**/*.ts'], languageOptions: { parserOptions: { projectService: false } } },
})
const found = []
for (const { file, text: code } of JSON.parse(await text(process.stdin))) {
  const [result] = await eslint.lintText(code, { filePath: file })
  found.push(result.messages.map(({ ruleId, message }) => ruleId ?? message))
}
console.log(JSON.stringify(found))
