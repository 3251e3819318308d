import type { Edge, Exploration } from './explore.js'

/** What leads to one place from (nearly) all others is a note of it from so many places on. */
const MANY = 3

/**
 * A state diagram in the language of mermaid of all that was found: one arrow for all steps between two places, with what
 * makes them; steps within a place are left out, and what leads to a place from everywhere, or from everywhere but one
 * other, is a note beside the arrow by which the place was found first.
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

/** What steps of one kind between two places have in common. */
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

/** The details that inputs of a tag have anywhere. */
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

/** What makes a step: each tag once, with its details unless they are all that there are. */
const label = (all: readonly Pick<Edge, 'arrow'>[], details: Details): string =>
  [...detailsOf(all)]
    .map(([tag, here]) => {
      const told = here.size === details.get(tag)?.size ? [] : [...here].filter((detail) => detail !== '')
      return told.length === 0 ? tag : `${tag} (${told.join(', ')})`
    })
    .join(', ')
