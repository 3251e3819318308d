import { connectionModel } from '../../lib/testing/model/connection.js'
import { explore } from '../../lib/testing/model/explore.js'
import { membershipModel } from '../../lib/testing/model/membership.js'
import { mermaid } from '../../lib/testing/model/mermaid.js'
import { tokenModel } from '../../lib/testing/model/token.js'
import { successorModel } from './successor.js'

/** The page that holds drawings of the tables. */
export const page = 'docs/architecture.md'

/** The drawings by their names. */
export const drawings: Readonly<Record<string, () => string>> = {
  connection: () => mermaid(explore(connectionModel())),
  successor: () => mermaid(explore(successorModel())),
  token: () => mermaid(explore(tokenModel())),
  membership: () => mermaid(explore(membershipModel())),
}

/** A page whose drawings are those of the tables as they are now. */
export const drawn = (text: string): string =>
  Object.entries(drawings).reduce((rest, [name, draw]) => {
    const [begin, end] = [`<!-- drawn: ${name} -->`, '<!-- end of the drawing -->']
    const from = rest.indexOf(begin)
    const to = rest.indexOf(end, from)
    if (from < 0 || to < 0) throw new Error(`${page} has no place for the drawing of ${name}`)
    return `${rest.slice(0, from)}${begin}\n\n\`\`\`mermaid\n${draw()}\n\`\`\`\n\n${rest.slice(to)}`
  }, text)
