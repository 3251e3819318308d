import type { Edge, Exploration } from './explore.js'

/** Minimum number of source states of an input that becomes a note because it leads to one state from (nearly) all others. */
const MANY = 3

/**
 * Draws a state diagram of an exploration in the language of mermaid. One arrow stands for all steps between two states,
 * with the inputs that cause them; the diagram omits steps within a state. An input that leads to a state from all other
 * states, or from all but one, is a note beside the arrow by which that state was found first.
 */
export const mermaid = <S>({ edges, places }: Pick<Exploration<S>, 'edges' | 'places'>): string => {
  const moves = edges.filter(({ ends: [from, to] }) => from !== to)
  const details = detailsOf(edges)
  const notes = places.flatMap((to) => notesOf(to, moves, places))
  const arrows = new Map<string, Edge[]>()
  const ways = new Set(places.slice(1).map((place) => wayOf(moves.find(({ ends }) => ends[1] === place))))
  for (const move of moves) {
    const [from, to] = move.ends
    if (!ways.has(wayOf(move)) && notes.some((note) => note.to === to && note.arrow === move.arrow)) continue
    const key = `${from} --> ${to}`
    arrows.set(key, [...(arrows.get(key) ?? []), move])
  }
  return [
    'stateDiagram-v2',
    `  [*] --> ${places[0] ?? ''}`,
    ...[...arrows].map(([arrow, all]) => `  ${arrow}: ${label(all, details)}`),
    ...places.flatMap((to) => noteLines(to, notes, details)),
  ].join('\n')
}

/** Returns the key that all steps with one kind of input between two states share. */
const wayOf = (move: Edge | undefined): string => (move ? [...move.ends, split(move.arrow)[0]].join(' ') : '')

interface Note {
  readonly to: string
  readonly arrow: string
  readonly but: string
}

const notesOf = (to: string, moves: readonly Edge[], places: readonly string[]): readonly Note[] => {
  const here = moves.filter(({ ends }) => ends[1] === to)
  return [...new Set(here.map(({ arrow }) => arrow))].flatMap((arrow) => {
    const from = new Set(here.filter((each) => each.arrow === arrow).map(({ ends }) => ends[0]))
    const others = places.filter((place) => place !== to && !from.has(place))
    const isNote = from.size >= MANY && others.length <= 1
    return isNote ? [{ to, arrow, but: others.length === 0 ? '' : ` but ${others[0] ?? ''}` }] : []
  })
}

const noteLines = (to: string, notes: readonly Note[], details: Details): readonly string[] => {
  const here = notes.filter((note) => note.to === to)
  const lines = [...new Set(here.map(({ but }) => but))].map((but) => {
    const said = label(
      here.filter((note) => note.but === but),
      details,
    )
    return `from everywhere${but} by ${said}`
  })
  return lines.length === 0 ? [] : [`  note right of ${to}: ${lines.join('. ')}`]
}

/** All details that occur with each tag of an input. */
type Details = ReadonlyMap<string, ReadonlySet<string>>

const split = (arrow: string): readonly [tag: string, detail: string] => {
  const [tag = '', ...rest] = arrow.split(' ')
  return [tag, rest.join(' ')]
}

const detailsOf = (edges: readonly Pick<Edge, 'arrow'>[]): Map<string, Set<string>> => {
  const details = new Map<string, Set<string>>()
  for (const { arrow } of edges) {
    const [tag, detail] = split(arrow)
    details.set(tag, (details.get(tag) ?? new Set()).add(detail))
  }
  return details
}

/** Returns the label of an arrow: each tag once, with its details unless they are all that exist. */
const label = (all: readonly Pick<Edge, 'arrow'>[], details: Details): string =>
  [...detailsOf(all)]
    .map(([tag, here]) => {
      const told = here.size === details.get(tag)?.size ? [] : [...here].filter((detail) => detail !== '')
      return told.length === 0 ? tag : `${tag} (${told.join(', ')})`
    })
    .join(', ')
