import { thrownText } from '../../core/guard.js'
import { alike, show } from '../compare.js'
import type { Happening, Invariant, Model, Taken } from './model.js'

/** Options for `explore`. */
export interface ExploreOptions {
  /** Maximum number of states. Default 10 000. */
  readonly maxStates?: number | undefined
}

/** The result of an exploration. */
export interface Exploration<S> {
  /** All reachable states, by their words; of the states with the same words, the one that was found first. */
  readonly states: ReadonlyMap<string, S>
  readonly edges: readonly Edge[]
  /** The names of all states in diagrams, in the order in which they were found. */
  readonly places: readonly string[]
  /** Each violated invariant, with a shortest path to a violation. */
  readonly violations: readonly Violation[]
  /** False if there are more states than `maxStates`. */
  readonly isComplete: boolean
}

/** A step from one state to another, as text. */
export interface Edge {
  readonly from: string
  readonly to: string
  /** The names of both states in diagrams. */
  readonly ends: readonly [from: string, to: string]
  readonly input: string
  /** The text of the input in diagrams. */
  readonly arrow: string
}

/** A violated invariant, and the steps that show it. */
export interface Violation {
  readonly invariant: string
  /** The steps from the initial state to the violation. */
  readonly path: readonly string[]
  /** The name of the model, the invariant and the path, as one text for readers. */
  readonly text: string
}

interface Found<S> {
  readonly state: S
  readonly words: string
  /** The step that led to this state, as text. */
  readonly line: string
  readonly from?: Found<S>
}

/**
 * Takes every step from every reachable state, breadth first, and checks the model's invariants at each step. It also
 * checks that no step throws, that a step depends on nothing but its arguments, that a step without a change returns the
 * very state that it was given, and that only final states have no way out.
 */
export const explore = <S, I, O>(
  model: Model<S, I, O>,
  { maxStates = 10_000 }: ExploreOptions = {},
): Exploration<S> => {
  const { initial, words, place, say } = model
  const checks = [unchanged<S, I, O>(), ...model.invariants]
  const first: Found<S> = { state: initial, words: words(initial), line: `        ${words(initial)}` }
  const queue = [first]
  const states = new Map<string, S>([[first.words, initial]])
  const edges: Edge[] = []
  const violations = new Map<string, Violation>()
  let isComplete = true

  const violated = (invariant: string, at: Found<S>, ...lines: readonly string[]): void => {
    if (violations.has(invariant)) return
    const path = [...linesTo(at), ...lines]
    violations.set(invariant, { invariant, path, text: [`${model.name}: ${invariant}`, '', ...path].join('\n') })
  }
  /** Takes a step. Returns true if it leads to another state. */
  const visit = (from: Found<S>, happening: Happening<I>): boolean => {
    const taken = take(model, from.state, happening)
    const input = say(happening.input)
    if ('thrown' in taken) {
      violated(meaningful, from, `${input}: threw ${taken.thrown}`)
      return false
    }
    const { after, outputs } = taken
    for (const { name, holds } of checks) if (!holds(taken)) violated(name, from, lineOf(model, taken))
    const again = take(model, from.state, happening)
    if ('thrown' in again || !alike([again.after, again.outputs], [after, outputs]))
      violated('a step depends on nothing but state, input and moment', from, lineOf(model, taken))
    const to = words(after)
    edges.push({
      from: from.words,
      to,
      ends: [place(from.state), place(after)],
      input,
      arrow: model.arrow(happening.input, from.state),
    })
    if (!states.has(to)) {
      if (states.size === maxStates) isComplete = false
      else {
        states.set(to, after)
        queue.push({ state: after, words: to, line: lineOf(model, taken), from })
      }
    }
    return to !== from.words
  }

  for (const found of queue) {
    const leads = model.inputs(found.state).map((happening) => visit(found, happening))
    if (!leads.includes(true) && !model.isFinal(found.state)) violated('only final states have no way out', found)
  }
  const places = [...new Set([...states.values()].map(place))]
  return { states, edges, places, violations: [...violations.values()], isComplete }
}

/** Takes one step. Returns it, or the text of the error that the model threw. */
export const take = <S, I, O>(
  model: Pick<Model<S, I, O>, 'step'>,
  before: S,
  { input, at }: Happening<I>,
): Taken<S, I, O> | { readonly thrown: string } => {
  try {
    const [after, outputs] = model.step(before, input, at)
    return { before, input, at, after, outputs }
  } catch (thrown) {
    return { thrown: thrownText(thrown) }
  }
}

/** The invariant of every table: no cell is missing, and none throws. */
export const meaningful = 'every input has a meaning in every state'

/** The invariant of every step of every table. */
export const unchanged = <S, I, O>(): Invariant<S, I, O> => ({
  name: 'a step that changes nothing returns the very state that it was given',
  holds: ({ before, after }) => after === before || !alike(after, before),
})

const linesTo = <S>({ line, from }: Found<S>): readonly string[] => (from ? [...linesTo(from), line] : [line])

/** Formats one step on one line. */
export const lineOf = <S, I, O>(model: Model<S, I, O>, { input, at, after, outputs }: Taken<S, I, O>): string => {
  const time = at.now === 0 ? '' : ` (at ${at.now})`
  const said = outputs.length === 0 ? '' : `   says ${outputs.map((output) => show(output)).join(', ')}`
  return `${model.say(input)}${time} → ${model.words(after)}${said}`
}
