const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const parts =
  /(?<comment>\/\/.*)|(?<string>'[^']*'|`[^`]*`)|(?<keyword>\b(?:export|const|return|string|boolean)\b|=>)|(?<rest>[\s\S])/g

/** The source as HTML in which comments, strings and keywords have a class. */
const coloured = (source) =>
  [...source.matchAll(parts)]
    .map(({ groups }) => {
      const [[kind, text]] = Object.entries(groups).filter(([, found]) => found !== undefined)
      return kind === 'rest' ? escaped(text) : `<span class="${kind}">${escaped(text)}</span>`
    })
    .join('')

/** Everything of a module but its imports. */
export const withoutImports = (source) => source.replace(/^(?:import [\s\S]*?from '.*'\n)*\s*/, '').trimEnd()

/** The lines that the page shows of the module that it runs. */
export const shown = (source) => {
  const code = withoutImports(source)
  const isCode = (line) => line.trim() !== '' && !/^\s*\/\//.test(line)
  return { html: coloured(code), lines: code.split('\n').filter(isCode).length }
}
