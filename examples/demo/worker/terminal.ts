/** One live line at the foot of the terminal, and lines that stay above it. */
export const terminal = (out: { readonly write: (text: string) => unknown }) => {
  let columns = 80
  let shown = ''
  const draw = () => out.write(`\r\u001b[2K${shown.length < columns ? shown : `${shown.slice(0, columns - 2)}…`}`)
  return {
    resize: (to: number) => {
      columns = to
    },
    live: (text: string) => {
      shown = text
      draw()
    },
    stay: (text: string) => {
      out.write(`\r\u001b[2K${text}\n`)
      draw()
    },
  }
}
