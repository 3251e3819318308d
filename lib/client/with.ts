/** A handle that takes features: functions of it that return the members to add. */
export interface Featured<H> {
  /**
   * Adds features: `client.room(name, contract).with(history, signals)` has the members of the room and of both
   * features. A feature is a function of the handle, so `history(room).history` is the same without `with`.
   */
  readonly with: WithFeatures<H>
}

interface WithFeatures<H> {
  <T extends H, A extends object>(this: T, a: (handle: H) => A): T & A
  <T extends H, A extends object, B extends object>(this: T, a: (handle: H) => A, b: (handle: H) => B): T & A & B
  <T extends H, A extends object, B extends object, C extends object>(
    this: T,
    a: (handle: H) => A,
    b: (handle: H) => B,
    c: (handle: H) => C,
  ): T & A & B & C
  <T extends H, A extends object, B extends object, C extends object, D extends object>(
    this: T,
    a: (handle: H) => A,
    b: (handle: H) => B,
    c: (handle: H) => C,
    d: (handle: H) => D,
  ): T & A & B & C & D
}

type Feature = (handle: object) => object

/** Makes a frozen handle of its members, with `with`. */
export const featured = <F extends object>(members: F): F & { readonly with: (...features: Feature[]) => object } => {
  const handle = Object.freeze({
    ...members,
    with: (...features: Feature[]): object =>
      features.reduce<object>((so, feature) => featured({ ...so, ...feature(so) }), handle),
  })
  return handle
}
