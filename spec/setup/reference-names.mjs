// A plugin of the generator: modules have the names under which they are imported.
import reference from './reference.cjs'

const names = new Map(
  reference.entriesOf('.').map(({ name, module }) => [module, name === '.' ? 'rx-rooms' : `rx-rooms/${name.slice(2)}`]),
)

export const load = ({ converter }) => {
  converter.on('resolveBegin', ({ project }) => {
    for (const module of project.children ?? []) module.name = names.get(module.name) ?? module.name
  })
}
