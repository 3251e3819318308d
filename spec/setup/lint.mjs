// Checks the types, then lints with the same program, so that each file is read and understood once:
// `node spec/setup/lint.mjs`. It is `npm run types && npm run lint`, in less time.
import { resolve } from 'node:path'
import { ESLint } from 'eslint'
import ts from 'typescript'

const root = resolve(import.meta.dirname, '../..')
const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: ({ messageText }) => console.error(messageText) }
const parsed = ts.getParsedCommandLineOfConfigFile(resolve(root, 'tsconfig.json'), {}, host)
const program = ts.createProgram({ rootNames: parsed.fileNames, options: parsed.options })
const faults = [...parsed.errors, ...ts.getPreEmitDiagnostics(program)]
if (faults.length > 0) {
  const place = { getCurrentDirectory: () => root, getCanonicalFileName: (name) => name, getNewLine: () => '\n' }
  console.log(ts.formatDiagnostics(faults, place))
  process.exitCode = 1
}

const eslint = new ESLint({
  cwd: root,
  overrideConfig: {
    files: ['**/*.ts'],
    // Not of the program.
    ignores: ['*.config.ts'],
    languageOptions: { parserOptions: { programs: [program], projectService: false } },
  },
})
const results = await eslint.lintFiles('.')
const formatter = await eslint.loadFormatter('stylish')
const said = await formatter.format(results)
if (said !== '') console.log(said)
if (results.some(({ errorCount, warningCount }) => errorCount + warningCount > 0)) process.exitCode = 1
