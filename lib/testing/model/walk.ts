import { seeded } from '../random.js'
import { lineOf, meaningful, take, unchanged, type Violation } from './explore.js'
import type { Happening, Model, Taken } from './model.js'

/**
 * Takes one random walk through a model, the same for the same seed. A walk distinguishes states that an exploration treats
 * as one. It ends at the first violated invariant and returns it, or returns `undefined` if all hold.
 */
export const walk = <S, I, O>(model: Model<S, I, O>, seed: number, steps: number): Violation | undefined => {
  const random = seeded(seed)
  const checks = [unchanged<S, I, O>(), ...model.invariants]
  const way: Taken<S, I, O>[] = []
  let state = model.initial

  const violation = (invariant: string, last: string): Violation => {
    const path = [`        ${model.words(model.initial)}`, ...way.map((taken) => lineOf(model, taken)), last]
    return { invariant, path, text: [`${model.name}, seed ${seed}: ${invariant}`, '', ...path].join('\n') }
  }
  for (let count = 0; count < steps; count++) {
    const happenings = model.inputs(state)
    const happening = draw(happenings, random())
    if (happening === undefined) return undefined
    const taken = take(model, state, happening)
    if ('thrown' in taken) return violation(meaningful, `${model.say(happening.input)}: threw ${taken.thrown}`)
    const broken = checks.find(({ holds }) => !holds(taken))
    if (broken) return violation(broken.name, lineOf(model, taken))
    way.push(taken)
    state = taken.after
  }
  return undefined
}

/** Draws one input at random, by weight. */
const draw = <I>(happenings: readonly Happening<I>[], chance: number): Happening<I> | undefined => {
  let left = chance * happenings.reduce((sum, { weight = 1 }) => sum + weight, 0)
  return happenings.find(({ weight = 1 }) => (left -= weight) < 0)
}
