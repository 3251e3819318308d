import type { Classify, ConnectionState as State, Input, Output, Successor } from '../../connection/model.js'
import { backoff, type Backoff } from '../../core/backoff.js'
import type { WebSocketError } from '../../core/error.js'
import type { StepContext, Step } from '../../core/machine.js'
import { choose, failed, hasFresh, type Health, type Plan } from './choice.js'

type Tagged<T extends { readonly _tag: string }, Tag extends T['_tag']> = Extract<T, { readonly _tag: Tag }>
export type Online = Tagged<State, 'Online'>
type Phase<Tag extends Successor['_tag']> = Tagged<Successor, Tag>
type Move = Step<State, Output>
type On<P, I> = (state: Online, of: P, input: I, at: StepContext) => Move

/** The successor of a connection, as a table: a cell for each of its phases and each input that has an effect. */
export interface Table {
  readonly None: { readonly Move: On<undefined, Tagged<Input, 'Move'>> }
  readonly Planned: {
    readonly Move: On<Phase<'Planned'>, Tagged<Input, 'Move'>>
    readonly Elapsed: On<Phase<'Planned'>, Tagged<Input, 'Elapsed'>>
  }
  readonly Connecting: {
    readonly Opened: On<Phase<'Connecting'>, Tagged<Input, 'Opened'>>
    readonly Lost: On<Phase<'Connecting'>, Tagged<Input, 'Lost'>>
    readonly PresentLost: On<Phase<'Connecting'>, Tagged<Input, 'Lost'>>
  }
  readonly Handshaking: {
    readonly Welcomed: On<Phase<'Handshaking'>, Tagged<Input, 'Welcomed'>>
    readonly Lost: On<Phase<'Handshaking'>, Tagged<Input, 'Lost'>>
    readonly PresentLost: On<Phase<'Handshaking'>, Tagged<Input, 'Lost'>>
  }
}

export interface TableNeeds {
  readonly plan: Plan
  readonly waits: Backoff
  readonly settleMs: number
  readonly classify: Classify
}

const stay = (state: State): Move => [state, []]
const down = ({ generation }: { readonly generation: number }): Output => ({ _tag: 'Down', generation })
const healthOf = ({ endpoint }: Online): Health => endpoint?.health ?? []
/** A connection without its successor. */
const alone = ({ successor: _, ...state }: Online): Online => state

/** The diagram of docs/architecture.md, one cell per arrow. */
export const successorTable = (needs: TableNeeds): Table => {
  const { plan, waits } = needs
  const planned: On<Successor | undefined, Tagged<Input, 'Move'>> = (state, of, { to, afterMs, spreadMs }, at) => [
    {
      ...state,
      successor: {
        _tag: 'Planned',
        generation: of?.generation ?? state.generation,
        tries: 0,
        until: at.now + afterMs + spreadMs * at.chance,
        to,
      },
    },
    [],
  ]
  /** The attempt has failed: another one later, while the present connection goes on. */
  const again = (
    state: Online,
    of: Phase<'Connecting' | 'Handshaking'>,
    { because }: Tagged<Input, 'Lost'>,
    at: StepContext,
  ): Online => {
    const isWell = isOfToken(needs, because)
    const health = isWell ? healthOf(state) : failed(plan, healthOf(state), of.at, because, at)
    const before = state.endpoint && { ...state, endpoint: { ...state.endpoint, health } }
    const { generation, tries, to } = of
    if (to === undefined) return returning(needs, alone(before ?? state), at, of)
    const until = at.now + backoff(waits, tries, at.chance)
    return { ...(before ?? state), successor: { _tag: 'Planned', generation, tries: tries + 1, until, to } }
  }
  const rejecting = ({ because }: Tagged<Input, 'Lost'>): readonly Output[] =>
    isOfToken(needs, because) ? [{ _tag: 'Reject' }] : []
  const failing: On<Phase<'Connecting' | 'Handshaking'>, Tagged<Input, 'Lost'>> = (state, of, input, at) => [
    again(state, of, input, at),
    [down(of), ...rejecting(input)],
  ]
  const target = (state: Online, { to }: Phase<'Planned'>, at: StepContext): number | undefined => {
    const here = state.endpoint?.at ?? 0
    const health = healthOf(state)
    if (to === undefined) {
      const best = choose(plan, health, at).at
      return rankOf(plan, best) < rankOf(plan, here) ? best : undefined
    }
    const named = plan.places.findIndex(({ url }, place) => url === to && (health[place]?.restsUntil ?? 0) <= at.now)
    if (named >= 0) return named
    // The server that says goodbye comes last; with one address, another server is behind the same one.
    return hasFresh(health, here, at.now) ? choose(plan, restingHere(health, here), at).at : here
  }

  return {
    None: { Move: planned },
    Planned: {
      Move: (state, of, input, at) => (of.to === input.to ? stay(state) : planned(state, of, input, at)),
      Elapsed: (state, of, _, at) => {
        const place = target(state, of, at)
        if (place === undefined) return [returning(needs, alone(state), at, of), []]
        const { generation, tries, to } = of
        const successor: Successor = {
          _tag: 'Connecting',
          generation: generation + 1,
          tries,
          at: place,
          ...(to !== undefined && { to }),
        }
        return [{ ...state, successor }, []]
      },
    },
    Connecting: {
      Opened: (state, of) => [
        { ...state, successor: { ...of, _tag: 'Handshaking' } },
        [{ _tag: 'Greet', generation: of.generation }],
      ],
      Lost: failing,
      PresentLost: (state, of) => [promoted(plan, state, of, 'Connecting'), [down(state)]],
    },
    Handshaking: {
      Welcomed: (state, { generation, at: place }, _, at) => {
        const { attempt, quality } = { ...state, quality: 'good' as const }
        const online: Online = { _tag: 'Online', attempt, generation, quality, ...endpointAt(plan, state, place) }
        return [returning(needs, online, at), []]
      },
      Lost: (state, of, input, at) => {
        if (!of.ended) return failing(state, of, input, at)
        const { attempt, endpoint } = again(state, of, input, at)
        const until = at.now + backoff(waits, attempt, at.chance)
        const next: State = { _tag: 'Waiting', attempt, generation: of.generation, until, because: input.because }
        return [
          { ...next, ...(endpoint && { endpoint }) },
          [down(of), down(state), ...rejecting(input), { _tag: 'Release' }],
        ]
      },
      PresentLost: (state, of, { because }) => {
        if (of.ended) return stay(state)
        return because.code === 'session/superseded'
          ? [{ ...state, successor: { ...of, ended: true } }, []]
          : [promoted(plan, state, of, 'Handshaking'), [down(state)]]
      },
    },
  }
}

/** True for the refusal of a token: the server answers, so its endpoint is well. */
export const isOfToken = ({ classify }: Pick<TableNeeds, 'classify'>, because: WebSocketError): boolean =>
  classify(because) === 'reauthenticate'

const rankOf = ({ places }: Plan, at: number): number => places[at]?.priority ?? Infinity

/** The health in which the present endpoint rests longest. */
const restingHere = (health: Health, here: number): Health =>
  health.map((each, at) => (at === here ? { ...each, restsUntil: Infinity } : each))

const endpointAt = ({ places }: Plan, { endpoint }: Online, at: number): Pick<Online, 'endpoint'> =>
  endpoint ? { endpoint: { ...endpoint, at, url: places[at]?.shown ?? '' } } : {}

/** The present link has ended: the way of its successor goes on as that of a first connection. */
const promoted = (
  plan: Plan,
  state: Online,
  { generation, at }: Phase<'Connecting' | 'Handshaking'>,
  _tag: 'Connecting' | 'Handshaking',
): State => ({ _tag, attempt: state.attempt, generation, rejections: 0, ...endpointAt(plan, state, at) })

/**
 * A connection to an endpoint that is not the best plans to return: once the rest of a better one is over, at a random time
 * within `returnMs`, and not before it has lasted `settleMs`.
 */
export const returning = (
  { plan, settleMs }: Pick<TableNeeds, 'plan' | 'settleMs'>,
  state: Online,
  { now, chance }: StepContext,
  of: Pick<Successor, 'generation'> = state,
): Online => {
  const rank = rankOf(plan, state.endpoint?.at ?? 0)
  const ends = healthOf(state)
    .filter((_, at) => rankOf(plan, at) < rank)
    .map(({ restsUntil }) => restsUntil)
  if (ends.length === 0) return of.generation === state.generation ? state : { ...state, ...idle(of.generation) }
  const until = Math.max(now + settleMs, Math.min(...ends)) + chance * plan.returnMs
  return { ...state, successor: { _tag: 'Planned', generation: of.generation, tries: 0, until } }
}

/** Nothing is planned; the numbers of earlier successors stay used. */
const idle = (generation: number): Pick<Online, 'successor'> => ({
  successor: { _tag: 'Planned', generation, tries: 0, until: Infinity },
})

type Cells = Readonly<
  Record<string, Readonly<Record<string, On<Successor | undefined, Input> | undefined>> | undefined>
>

/** The step of the successor, where the input is about it; `undefined`: it is not. */
export const successorStep = (
  needs: TableNeeds,
): ((state: State, input: Input, at: StepContext) => Move | undefined) => {
  // A cell takes the phase and the input of its tags, which this type cannot say.
  const cells = successorTable(needs) as unknown as Cells
  return (state, input, at) => {
    if (state._tag !== 'Online') return undefined
    const { successor } = state
    const cell = cells[successor?._tag ?? 'None']
    const isOfBoth = !('generation' in input) || input.generation === state.generation
    if (isOfBoth)
      return (input._tag === 'Lost' ? cell?.['PresentLost'] : isPlain(input) ? undefined : cell?.[input._tag])?.(
        state,
        successor,
        input,
        at,
      )
    return (
      (successor?.generation === input.generation ? cell?.[input._tag]?.(state, successor, input, at) : undefined) ??
      stay(state)
    )
  }
}

/** The inputs of the present connection that are never about its successor. */
const isPlain = ({ _tag }: Input): boolean => _tag !== 'Move' && _tag !== 'Elapsed'

/** The outputs at the end of a connection whose successor is on its way: the successor ends first. */
export const ending = ({ successor }: Online): readonly Output[] =>
  successor && successor._tag !== 'Planned' ? [down(successor)] : []
