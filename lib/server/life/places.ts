import type { Cancel, Context } from '../context.js'

/** A session that waits. */
export interface Placed {
  /** Tells the session its place. Returns false where the connection has no room. */
  readonly told: (place: number, of: number) => boolean
}

/** The turn of a name: those that wait at this server and are connected. */
export interface Turn<W> {
  readonly name: string
  readonly here: readonly W[]
}

/** Tells the places of a queue. */
export interface Places {
  /** Tells their places to those whose place has changed, now or after the pause. */
  readonly changed: () => void
  readonly close: () => void
}

/** The least time between two tellings of places in a room, in ms, and for each told session. */
const pauseMs = 250
const pausePerSessionMs = 0.5

/** `order` returns the turns of the queue. */
export const places = <W extends Placed>({ time, now }: Context, order: () => readonly Turn<W>[]): Places => {
  const known = new WeakMap<W, string>()
  let readyAt = -Infinity
  let telling: Cancel | undefined

  /** Returns true where the session knows its place now, and `undefined` where it did before. */
  const tell = (each: W, place: number, of: number): boolean | undefined => {
    const words = `${place} ${of}`
    if (known.get(each) === words) return undefined
    const isTold = each.told(place, of)
    if (isTold) known.set(each, words)
    return isTold
  }
  const changed = (): void => {
    telling ??= time.at(Math.max(now(), readyAt), () => {
      telling = undefined
      const turns = order()
      const told = turns.flatMap(({ here }, at) => here.map((each) => tell(each, at + 1, turns.length)))
      readyAt = now() + Math.max(pauseMs, told.filter(Boolean).length * pausePerSessionMs)
      if (told.includes(false)) changed()
    }).cancel
  }
  return {
    changed,
    close: () => {
      telling?.()
    },
  }
}
